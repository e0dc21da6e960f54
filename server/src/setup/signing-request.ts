import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { wireCertificates } from '../wiring/certificates.ts'
import type { TaskContext } from './apply/task.ts'
import { serverHostname } from './registry-address.ts'
import type { RevealedValues } from './step.ts'

export type RequestWish = Extract<RevealedValues['certificates'], { kind: 'request' }>

type Tools = Pick<TaskContext, 'configDir' | 'clock' | 'random' | 'log'>

/** What is known of the certificates before there is a registry, and after it. */
export function setupCertificates(
  { configDir, clock, random, log }: Tools,
  named: Pick<RevealedValues, 'identity' | 'network'>,
) {
  const config = {
    configDir,
    serverHostname: serverHostname(named),
    certificates: { lifeDays: 397 },
  }
  return wireCertificates({ config, clock, random, log })
}

/**
 * The signing request of these values, where the running registry will look for it. The one that was
 * sent away stays, with its key, until something else is asked for.
 */
export async function requireSigningRequest(
  wish: RequestWish,
  named: Pick<RevealedValues, 'identity' | 'network'>,
  { created, remember, ...tools }: Tools & Pick<TaskContext, 'created' | 'remember'>,
) {
  await mkdir(tools.configDir, { recursive: true, mode: 0o700 })
  const { certificates } = setupCertificates(tools, named)
  const { primaryName, moreNames, addresses } = named.identity
  const { organization, country, keyType } = wish
  const wanted = { names: [...new Set([primaryName, ...moreNames, ...addresses])], keyType }
  const about = {
    ...wanted,
    ...(organization !== '' && { organization }),
    ...(country !== '' && { country }),
  }
  const requestOf = createHash('sha256').update(JSON.stringify(about)).digest('hex')
  const waiting = await certificates.findRequest()
  if (waiting !== undefined && created().requestOf === requestOf) return waiting
  const request = await certificates.createRequest(about, { by: 'setup' })
  await remember({ requestOf })
  return request
}
