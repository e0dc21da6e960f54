import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { runProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startObjectStore } from '../support/object-store.ts'
import { startTestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')

it('backs the blobs of a bucket up and puts them into one again', async () => {
  await using store = await startObjectStore()
  await using folder = createTemporaryFolder('bucket')
  await using server = await startTestServer()
  const file = join(server.dataDir, 'config/config.yaml')
  const config = parseDocument(readFileSync(file, 'utf8'))
  config.set('DISTRIBUTED_STORAGE_CONFIG', {
    bucket: [
      'RadosGWStorage',
      {
        hostname: '127.0.0.1',
        port: store.port,
        is_secure: false,
        storage_path: '/registry',
        access_key: store.accessKey,
        secret_key: store.secretKey,
        bucket_name: store.bucket,
      },
    ],
  })
  config.set('DISTRIBUTED_STORAGE_PREFERENCE', ['bucket'])
  writeFileSync(file, config.toString())
  await server.restart()
  const image = createOpaqueImage('backed up', [9 << 20, 500])
  await server.client().pushImage('quay/bucket', 'v1', image)
  // What the health check of a running registry leaves is no content.
  const contentKeys = () => store.keys().filter((key) => !key.endsWith('/_verify'))
  const before = contentKeys()
  expect(before).toHaveLength(image.blobs.length)

  await server.mooring(['backup', 'create'], [folder.join('backup')])
  store.clear()
  const dataDir = folder.join('restored')
  const restore = ['backup', 'restore', folder.join('backup'), '--data', dataDir]
  await runProgram(process.execPath, [mooring, ...restore], { env: {}, cwd: folder.path })
  expect(contentKeys()).toEqual(before)

  await using restored = await startTestServer({ dataDir })
  const client = restored.client({ username: server.username, password: server.password })
  for (const { digest } of image.blobs) {
    expect((await client.pullBlob('quay/bucket', digest)).digest).toBe(digest)
  }
})
