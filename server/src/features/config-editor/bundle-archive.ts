import { buffer } from 'node:stream/consumers'
import { stringify } from 'yaml'
import type { Bundle } from './bundle.ts'

const seconds = 1_000

/** A bundle as quay-config.tar.gz: `extra_ca_certs/`, `config.yaml` and the files beside it. */
export async function archiveOf(
  { configText, certs }: { readonly configText: string; readonly certs: Bundle['certs'] },
  nowMs: number,
): Promise<Buffer> {
  const { Header, Pack, ReadEntry } = await import('tar')
  const mtime = new Date(Math.floor(nowMs / seconds) * seconds)
  const entries = [
    { path: 'extra_ca_certs/', type: 'Directory' as const, content: undefined },
    { path: 'config.yaml', type: 'File' as const, content: Buffer.from(configText) },
    ...[...certs].map(([path, content]) => ({ path, type: 'File' as const, content })),
  ]
  // Entries that wait for a turn would never get one, because all are written at once.
  const pack = new Pack({ gzip: true, portable: true, jobs: entries.length })
  const packed = buffer(pack)
  for (const { path, type, content } of entries) {
    const size = content?.length ?? 0
    const entry = new ReadEntry(new Header({ path, type, mode: 0o777, mtime, size }))
    pack.add(entry)
    if (content !== undefined && size > 0) entry.write(content)
    entry.end()
  }
  pack.end()
  return packed
}

export function configYaml(config: Bundle['config']): string {
  return stringify(config, { lineWidth: 0 })
}
