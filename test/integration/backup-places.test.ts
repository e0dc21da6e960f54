import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { runProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startObjectStore, type ObjectStore } from '../support/object-store.ts'
import { createPostgresDatabase } from '../support/postgres-database.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('backup-places')
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runProgram(process.execPath, [mooring, 'backup', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    cwd: folder.path,
  })
afterAll(() => folder.remove())

/** Nothing is restorable, and uploads are protected for a moment only. */
const shortLived = {
  DEFAULT_TAG_EXPIRATION: '0s',
  TAG_EXPIRATION_OPTIONS: ['0s', '2w'],
  PUSH_TEMP_TAG_EXPIRATION_SEC: 2,
  FEATURE_GARBAGE_COLLECTION: false,
}

describe('a backup in a bucket behind a private authority', () => {
  let bucket: ObjectStore
  let server: TestServer
  let authority: string

  beforeAll(async () => {
    const pair = await createPair()
    authority = pair.cert
    bucket = await startObjectStore(pair)
    server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(shortLived) } })
    trustAuthority(server.dataDir)
  })
  afterAll(async () => {
    await server.stop()
    await bucket[Symbol.asyncDispose]()
  })

  /** As an administrator does for everything that a registry connects to. */
  function trustAuthority(dataDir: string): void {
    const place = join(dataDir, 'config/extra_ca_certs')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, 'bucket.crt'), authority)
  }

  const backup = (...args: readonly string[]) =>
    run(args, { ...bucket.env, MOORING_DATA_DIR: server.dataDir })
  const create = async (target: string) =>
    JSON.parse(await backup('create', target, '--json')) as {
      id: string
      content: { newBlobs: number }
    }

  it('is made, verified, added to, pruned and restored', async () => {
    const stock = await stockRegistry(server.client(), 'quay/stock', {
      largeBytes: 20 * 1024 * 1024,
    })
    const target = `s3://${bucket.bucket}/site/one`
    expect((await create(target)).content.newBlobs).toBe(stock.blobs.length)
    const second = await create(target)
    expect(second.content.newBlobs).toBe(0)
    const pruned = await backup('prune', target, '--keep', '1', '--json')
    expect(JSON.parse(pruned)).toMatchObject({ kept: [second.id], blobs: 0 })
    expect(bucket.keys().filter((key) => key.startsWith('site/one/blobs/'))).toHaveLength(
      stock.blobs.length,
    )
    expect(await backup('verify', target)).toContain('is sound')

    const dataDir = folder.join('from-bucket')
    const restore = ['restore', target, '--data', dataDir]
    await expect(run(restore, bucket.env)).rejects.toThrow(/certificate/)
    trustAuthority(dataDir)
    await run(restore, bucket.env)
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
  })

  it('keeps what a collector would take away until it is whole', async () => {
    const client = server.client()
    const image = createOpaqueImage('going', [300_000, 500])
    await client.pushImage('quay/going', 'v1', image)
    const gc = async () =>
      JSON.parse(await server.mooring(['gc'], ['--run', '--json'])) as {
        manifests: number
        blobs: number
      }

    const reached = Promise.withResolvers<undefined>()
    const mayGoOn = Promise.withResolvers<undefined>()
    const isBlob = (key: string) => key.startsWith('site/two/blobs/')
    bucket.intercept = async ({ method, key }) => {
      if (method === 'GET' || !isBlob(key)) return undefined
      reached.resolve(undefined)
      await mayGoOn.promise
      return undefined
    }
    const target = `s3://${bucket.bucket}/site/two`
    const making = create(target)
    await reached.promise
    await client.deleteManifest('quay/going', image.manifest.digest)
    await until('the image to be nobody’s', async () => {
      await gc()
      const plan = JSON.parse(await server.mooring(['gc'], ['--json'])) as { blobs: number }
      return plan.blobs === image.blobs.length ? true : undefined
    })
    expect((await gc()).blobs).toBe(0)
    mayGoOn.resolve(undefined)
    await making
    bucket.intercept = undefined

    expect(await backup('verify', target)).toContain('is sound')
    const stored = bucket.keys().map((key) => key.split('/').at(-1))
    for (const { digest } of image.blobs) expect(stored).toContain(digest.split(':')[1])
    expect((await gc()).blobs).toBe(image.blobs.length)
  })
})

/** A certificate for the loopback that vouches for itself. */
async function createPair(): Promise<{ readonly cert: string; readonly key: string }> {
  const [cert, key] = [folder.join('bucket.crt'), folder.join('bucket.key')]
  const request = ['req', '-x509', '-nodes', '-days', '2', '-subj', '/CN=bucket']
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
  const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]
  await runProgram('openssl', [...request, ...curve, ...names], {
    env: { PATH: process.env['PATH'] ?? '' },
  })
  return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
}

describe.skipIf(inject('postgresUrl') === '')('a backup of a registry on PostgreSQL', () => {
  it('is restored to another database', async () => {
    const source = await createPostgresDatabase(inject('postgresUrl'))
    const other = await createPostgresDatabase(inject('postgresUrl'))
    const override = { QUAY_OVERRIDE_CONFIG: JSON.stringify(source.config) }
    const moved = { QUAY_OVERRIDE_CONFIG: JSON.stringify(other.config) }
    try {
      const target = folder.join('postgresql')
      const server = await startTestServer({ env: override })
      const stock = await stockRegistry(server.client(), 'quay/stock', { largeBytes: 1_000_000 })
      try {
        const made = await run(['create', target, '--data', server.dataDir, '--json'], override)
        expect(JSON.parse(made)).toMatchObject({ database: { kind: 'postgresql' } })
      } finally {
        await server.stop()
      }
      const dataDir = folder.join('moved')
      await run(['restore', target, '--data', dataDir], moved)
      await using restored = await startTestServer({ dataDir, env: moved })
      await requireStock(restored.client(), stock)
      expect(await (await restored.signedIn()).get('/api/v1/user/')).toMatchObject({
        username: 'quay',
      })
    } finally {
      await source.drop()
      await other.drop()
    }
  })
})
