import { readExtraAuthorities } from '../features/outgoing/extra-authorities.ts'
import { doubtful, fine, probing, type Probe, type ProbeContext } from './probe.ts'

/** Whether every file of `extra_ca_certs` is one that the server can trust. */
export async function* probeExtraAuthorities(
  { configDir }: { readonly configDir: string },
  context: ProbeContext,
): Probe {
  const files = await readExtraAuthorities(configDir)
  const bad = files.flatMap(({ file, problem }) => (problem === undefined ? [] : { file, problem }))
  for (const { file, problem } of bad) {
    yield* probing(context, `authority:${file}`, `Reading ${file}`, () =>
      doubtful('MOOR-TLS-203', { file, reason: problem }),
    )
  }
  if (bad.length > 0) return 'warning'
  const count = files.reduce((sum, { certificates }) => sum + certificates.length, 0)
  return yield* probing(context, 'authorities', 'Reading extra_ca_certs', () =>
    fine(count === 0 ? 'No extra authorities are used' : `${count} extra authorities can be read`),
  )
}
