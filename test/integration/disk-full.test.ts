import { mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { createContent, createOpaqueImage, randomBytesOf } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mebibyte = 1 << 20
const env = { PATH: process.env['PATH'] ?? '' }
const folder = createTemporaryFolder('full')
const medium = folder.join('medium')
mkdirSync(medium)
const mounted = await tryProgram(
  'mount',
  ['-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'tmpfs', medium],
  { env },
)
const canMount = mounted.code === 0
if (!canMount) {
  process.stdout.write(
    `disk-full tests are left out: no small file system (${mounted.stderr.trim()})\n`,
  )
}

describe.runIf(canMount)('a registry whose medium is full', () => {
  let server: TestServer
  let client: RegistryClient
  beforeAll(async () => {
    server = await startTestServer({ dataDir: medium })
    client = server.client()
  })
  afterAll(async () => {
    await server.stop()
    await tryProgram('umount', [medium], { env })
    await folder.remove()
  })

  const blob = (name: string, size: number) => createContent(randomBytesOf(name, size))
  const refusal = (answer: { status: number; json(): unknown }) => {
    const { errors } = answer.json() as { errors: { code: string; message: string }[] }
    return { status: answer.status, code: errors[0]?.code, message: errors[0]?.message }
  }
  const full = {
    status: 507,
    code: 'DENIED',
    message: expect.stringContaining('storage of the registry is full') as string,
  }

  it('says so, keeps what it has, leaves nothing behind and recovers', async () => {
    const kept = createOpaqueImage('kept', [5 * mebibyte])
    await client.pushImage('quay/full', 'kept', kept)
    const big = blob('big', 60 * mebibyte)

    const inOnePost = await client.request(
      'POST',
      `/v2/quay/full/blobs/uploads/?digest=${big.digest}`,
      {
        body: big.bytes,
      },
    )
    expect(refusal(inOnePost)).toEqual(full)

    const location = await client.startUpload('quay/full')
    const streamed = await client.request('PATCH', location, {
      body: () => Readable.from([big.bytes]),
    })
    expect(refusal(streamed)).toEqual(full)
    await client.request('DELETE', location)

    expect(await readdir(join(medium, 'storage/uploads'))).toEqual([])
    expect((await client.headBlob('quay/full', big.digest)).status).toBe(404)
    const pulled = await client.getManifest('quay/full', 'kept')
    expect(pulled.body.equals(kept.manifest.bytes)).toBe(true)
    for (const { digest } of kept.blobs) {
      expect((await client.pullBlob('quay/full', digest)).digest).toBe(digest)
    }

    await client.pushImage('quay/full', 'after', createOpaqueImage('after', [5 * mebibyte]))
    expect((await client.getManifest('quay/full', 'after')).status).toBe(200)
  })

  it('starts again on a full medium and still serves', async () => {
    const fillers: string[] = []
    for (let number = 0; number < 100; number++) {
      const filler = blob(`filler ${number}`, mebibyte)
      const answer = await client.request(
        'POST',
        `/v2/quay/full/blobs/uploads/?digest=${filler.digest}`,
        {
          body: filler.bytes,
        },
      )
      if (answer.status === 507) break
      expect(answer.status).toBe(201)
      fillers.push(filler.digest)
    }
    expect(fillers.length).toBeLessThan(100)
    await server.restart()
    expect((await client.getManifest('quay/full', 'kept')).status).toBe(200)
    for (const digest of fillers)
      expect((await client.headBlob('quay/full', digest)).status).toBe(200)
  })
})
