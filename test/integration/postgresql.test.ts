import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { createArtifact, createImage, createIndex, createOpaqueImage } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const address = inject('postgresUrl')

/** The whole server on PostgreSQL; the protocol itself is proved on SQLite. */
describe.runIf(address !== '')('a registry on PostgreSQL', () => {
  const name = `registry_${randomBytes(8).toString('hex')}`
  let server: TestServer
  let client: RegistryClient

  async function administer(statement: string): Promise<void> {
    const connection = new pg.Client({ connectionString: address })
    await connection.connect()
    await connection.query(statement).finally(() => connection.end())
  }

  beforeAll(async () => {
    await administer(`create database ${name}`)
    const url = new URL(address)
    url.pathname = `/${name}`
    const config = { DB_URI: url.href, DB_CONNECTION_ARGS: { sslmode: 'disable' } }
    server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(config) } })
    client = server.client()
  })
  afterAll(async () => {
    await server.stop()
    await administer(`drop database ${name} with (force)`)
  })

  it('takes no text for a failure that it cannot store', async () => {
    const api = await server.signedIn()
    const body = { repository: 'x', visibility: 'private', description: '' }
    const answers = [
      await api.request('GET', '/api/v1/repository/quay/a%00b'),
      await api.request('GET', '/api/v1/entities/a%00'),
      await api.request('GET', '/api/v1/repository?namespace=a%00b&public=true'),
      await api.request('POST', '/api/v1/repository', { ...body, description: 'a\u0000b' }),
      await api.request('POST', '/api/v1/repository', { ...body, namespace: '\u0000' }),
      await api.request('POST', '/api/v1/user/starred', { namespace: 'a', repository: '\u0000' }),
      await api.request('POST', '/api/v1/repository', { ...body, description: String.raw`\u0000` }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 400, 400, 400, 400, 201])
    const login = Buffer.from('a\0b:secret').toString('base64')
    const registry = server.api()
    const answer = await registry.request('GET', '/v2/auth?service=x', undefined, {
      authorization: `Basic ${login}`,
    })
    expect(answer.status).toBe(401)
  })

  it('takes images, indexes and artifacts and gives them back', async () => {
    const image = createImage()
    await client.pushImage('quay/app', 'v1', image)
    const index = createIndex([{ manifest: image.manifest }])
    await client.putManifest('quay/app', 'multi', index)
    const artifact = createArtifact({ artifactType: 'application/sbom', subject: image.manifest })
    await client.pushImage('quay/app', artifact.manifest.digest, artifact)
    for (const [reference, content] of [
      ['v1', image.manifest],
      ['multi', index],
      [artifact.manifest.digest, artifact.manifest],
    ] as const) {
      expect((await client.getManifest('quay/app', reference)).body.equals(content.bytes)).toBe(
        true,
      )
    }
    expect(await client.listReferrers('quay/app', image.manifest.digest)).toHaveLength(1)
    expect((await client.listTags('quay/app')).json()).toMatchObject({ tags: ['multi', 'v1'] })
    expect((await client.listCatalog()).status).toBe(200)
  })

  it('takes many pushes at once', async () => {
    const images = Array.from({ length: 12 }, (_, at) =>
      createOpaqueImage(`pg ${at}`, [20_000, 300]),
    )
    await Promise.all(
      images.map(async (image, at) => {
        await client.pushImage(`quay/parallel-${at % 4}`, `tag-${at}`, image)
        await client.pushImage('quay/shared', 'same-tag', image)
      }),
    )
    const found = await client.getManifest('quay/shared', 'same-tag')
    expect(images.some(({ manifest }) => manifest.bytes.equals(found.body))).toBe(true)
  })

  it('has everything after a kill -9', async () => {
    const image = createImage({ labels: { survives: 'yes' } })
    await client.pushImage('quay/app', 'killed', image)
    await server.kill9()
    await server.restart()
    const answer = await client.getManifest('quay/app', 'killed')
    expect(answer.body.equals(image.manifest.bytes)).toBe(true)
  })

  it('deletes', async () => {
    await client.deleteManifest('quay/app', 'multi')
    expect((await client.getManifest('quay/app', 'multi')).status).toBe(404)
  })
})
