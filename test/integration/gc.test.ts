import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, expect, test } from 'vitest'

import { createArtifact, createOpaqueImage, type Image } from '../support/content.ts'
import { createHttpClient } from '../support/http-request.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** Nothing is restorable, and uploads are protected for a moment only. */
const shortLived = {
  DEFAULT_TAG_EXPIRATION: '0s',
  TAG_EXPIRATION_OPTIONS: ['0s', '2w'],
  PUSH_TEMP_TAG_EXPIRATION_SEC: 4,
}

let server: TestServer
afterEach(() => server.stop())

const start = async (config: object) => {
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } })
}

/** Hex digests of the blobs on the server's disk. */
function onDisk(): string[] {
  const root = join(server.dataDir, 'storage/sha256')
  return readdirSync(root).flatMap((prefix) => readdirSync(join(root, prefix)))
}

const bytesOf = ({ blobs }: Image) => blobs.reduce((sum, { bytes }) => sum + bytes.length, 0)

async function gc(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await server.mooring(['gc', ...args], ['--json'])) as Record<string, unknown>
}

test('a running server frees what was deleted, and tells so in its metrics', async () => {
  await start({ ...shortLived, GARBAGE_COLLECTION_FREQUENCY: 1 })
  const client = server.client()
  const kept = createOpaqueImage('kept', [3000, 100])
  const dropped = createOpaqueImage('dropped', [3000, 200])
  await client.pushImage('quay/web', 'kept', kept)
  await client.pushImage('quay/web', 'dropped', dropped)
  const signature = createArtifact({ artifactType: 'test/signature', subject: dropped.manifest })
  await client.pushImage('quay/web', signature.manifest.digest, signature)
  expect(onDisk()).toHaveLength(kept.blobs.length + dropped.blobs.length + 1)
  const answer = await client.request('DELETE', '/v2/quay/web/manifests/dropped')
  expect(answer.status).toBe(202)

  const keptOnDisk = kept.blobs.map((blob) => blob.digest.slice('sha256:'.length)).sort()
  await until('the deleted image to go', () =>
    onDisk().length === keptOnDisk.length ? true : undefined,
  )
  expect(onDisk().sort()).toEqual(keptOnDisk)
  for (const blob of kept.blobs) {
    const read = await client.request('GET', `/v2/quay/web/blobs/${blob.digest}`)
    expect(read.body).toEqual(blob.bytes)
  }
  for (const { digest } of [dropped.manifest, signature.manifest]) {
    expect((await client.getManifest('quay/web', digest)).status).toBe(404)
  }
  for (const blob of dropped.blobs) {
    const gone = await client.request('GET', `/v2/quay/web/blobs/${blob.digest}`)
    expect(gone.status).toBe(404)
  }
  const metrics = await createHttpClient({}).request('GET', `${server.urls.metrics}/metrics`)
  expect(metrics.text()).toMatch(/quay_gc_table_rows_deleted_total\{table="Manifest",.*\} 2\n/)
  expect(metrics.text()).toMatch(/quay_gc_storage_blobs_deleted_total\{.*\} 4\n/)

  await client.pushImage('quay/web', 'dropped', dropped)
  const again = await client.getManifest('quay/web', 'dropped')
  expect(again.body).toEqual(dropped.manifest.bytes)
})

test('the command says what it would free, and frees just that beside a running server', async () => {
  await start({ ...shortLived, FEATURE_GARBAGE_COLLECTION: false })
  const client = server.client()
  const kept = createOpaqueImage('kept', [3000])
  const dropped = createOpaqueImage('dropped', [4000, 200])
  await client.pushImage('quay/web', 'kept', kept)
  await client.pushImage('quay/web', 'dropped', dropped)
  for (const blob of dropped.blobs) {
    // Now in the memory of the server.
    await client.request('GET', `/v2/quay/web/blobs/${blob.digest}`)
  }
  await client.request('DELETE', '/v2/quay/web/manifests/dropped')

  const freed = {
    ...{ tags: 1, manifests: 1, blobs: dropped.blobs.length, bytes: bytesOf(dropped) },
    ...{ repositories: 0, namespaces: 0 },
  }
  const plan = await until('the protection of the uploads to run out', async () => {
    const shown = await gc()
    return shown['blobs'] === dropped.blobs.length ? shown : undefined
  })
  expect(plan).toEqual({ ...freed, freed: false })
  expect(onDisk()).toHaveLength(kept.blobs.length + dropped.blobs.length)

  expect(await gc('--run')).toEqual({ ...freed, freed: true, complete: true })
  expect(onDisk()).toHaveLength(kept.blobs.length)
  for (const blob of dropped.blobs) {
    const gone = await client.request('GET', `/v2/quay/web/blobs/${blob.digest}`)
    expect(gone.status).toBe(404)
  }
  const still = await client.getManifest('quay/web', 'kept')
  expect(still.body).toEqual(kept.manifest.bytes)
  await client.pushImage('quay/web', 'dropped', dropped)
  for (const blob of dropped.blobs) {
    const back = await client.request('GET', `/v2/quay/web/blobs/${blob.digest}`)
    expect(back.body).toEqual(blob.bytes)
  }
  expect(await server.mooring(['gc'])).toBe(
    'would free 0 tags, 0 manifests and 0 blobs of 0 bytes\n',
  )
})

test('nothing is freed by hand in a registry that is read-only', async () => {
  await start(shortLived)
  const configFile = join(server.dataDir, 'config/config.yaml')
  appendFileSync(configFile, 'REGISTRY_STATE: readonly\n')
  await expect(server.mooring(['gc', '--run'])).rejects.toThrow('read-only')
  expect(await server.mooring(['gc'])).toContain('would free 0 tags')
})
