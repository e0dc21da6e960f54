import { randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { spawnServer } from '../../../../test/support/child-server.ts'
import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import { until } from '../../../../test/support/until.ts'
import { startLocalServer } from '../../upstream/local-upstream-suite.ts'
import { digestOf, manifestOf, type Blob } from '../gc/gc-world-suite.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { openLocalCopier } from './local-copier-suite.ts'

const layer = newBlob(24 << 20)
const config = newBlob(2_000)
const manifest = manifestOf({ blobs: [config, layer] })
/** Bytes of the layer after which the upstream says nothing more, the first times that it is asked. */
const holds = [9_000_000, 5_000_001]

const folder = createTemporaryFolder('copy-crash')
const opened: AsyncDisposable[] = []
afterAll(async () => {
  for (const one of opened) await one[Symbol.asyncDispose]()
  await folder.remove()
})

test('a copy that was killed goes on with every byte that came', { timeout: 60_000 }, async () => {
  let sentBytes = 0
  const starts: number[] = []

  function sendLayer(range: string | undefined, res: ServerResponse): void {
    const from = Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0)
    const rest = layer.bytes.subarray(from)
    const hold = holds[starts.push(from) - 1]
    const size = layer.bytes.length
    res.writeHead(from === 0 ? 200 : 206, {
      'content-length': rest.length,
      ...(from > 0 && { 'content-range': `bytes ${from}-${size - 1}/${size}` }),
    })
    sentBytes += hold ?? rest.length
    if (hold === undefined) res.end(rest)
    else res.write(rest.subarray(0, hold))
  }

  const upstream = await startLocalServer((req, res) => {
    const name = req.url?.split('/').at(-1) ?? ''
    if (name === '') res.end()
    else if (req.url?.includes('/referrers/') === true) res.writeHead(404).end()
    else if (name === layer.digest) sendLayer(req.headers.range, res)
    else if (name === config.digest) res.end(config.bytes)
    else if (name === 'v1' || name === manifest.digest) {
      res.setHeader('content-type', manifest.mediaType)
      res.setHeader('docker-content-digest', manifest.digest)
      res.end(req.method === 'HEAD' ? undefined : manifest.bytes)
    } else res.writeHead(404).end()
  })
  opened.push({ [Symbol.asyncDispose]: () => upstream.close() })

  const script = fileURLToPath(new URL('./copy-child-suite.ts', import.meta.url))
  const start = () =>
    spawnServer(process.execPath, [script, folder.path, upstream.host, 'v1'], { env: process.env })

  let kept = 0
  for (const hold of holds) {
    const child = start()
    kept += hold
    await until('what came to be written', () => {
      if (child.hasExited()) throw new Error(child.output())
      return keptBytes() === kept || undefined
    })
    await child.kill9()
  }
  const last = start()
  await until('the copy to end', () => last.hasExited() || undefined)
  expect(last.exitCode(), last.output()).toBe(0)
  expect(starts).toEqual([0, 9_000_000, 14_000_001])
  expect(sentBytes).toBe(layer.bytes.length)

  const local = await openLocalCopier(folder.path)
  const row = await manifestStore(local.database.db).findByTag(local.repositoryId, 'v1', 0)
  expect(row?.digest).toBe(manifest.digest)
  expect(await local.storage.stat(layer.digest)).toBe(layer.bytes.length)
  expect(await local.database.db.selectFrom('blobfetch').selectAll().execute()).toEqual([])
  await local.close()
})

function keptBytes(): number {
  const uploads = folder.join('storage/uploads')
  try {
    return Math.max(0, ...readdirSync(uploads).map((name) => statSync(join(uploads, name)).size))
  } catch {
    return 0
  }
}

function newBlob(sizeBytes: number): Blob {
  const bytes = randomBytes(sizeBytes)
  return { bytes, digest: digestOf(bytes) }
}
