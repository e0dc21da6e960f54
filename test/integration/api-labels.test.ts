import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import { createArtifact, createContent, createImage, createIndex } from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

interface Label {
  readonly id: string
  readonly key: string
  readonly value: string
  readonly source_type: string
  readonly media_type: string
}

let server: TestServer
let api: ApiClient
let registry: RegistryClient

beforeAll(async () => {
  server = await startTestServer({
    env: {
      QUAY_OVERRIDE_CONFIG: JSON.stringify({
        SUPER_USERS: ['quay'],
        LABEL_KEY_RESERVED_PREFIXES: ['com.example.'],
      }),
    },
  })
  api = await server.signedIn()
  registry = server.client()
})
afterAll(() => server.stop())

const at = (repository: string, digest: string, rest = '') =>
  `/api/v1/repository/quay/${repository}/manifest/${digest}/labels${rest}`
const list = async (repository: string, digest: string, query = '') =>
  ((await api.get(at(repository, digest, query))) as { labels: Label[] }).labels
const add = (repository: string, digest: string, key: unknown, value: unknown = 'core') =>
  api.request('POST', at(repository, digest), { key, value, media_type: null })
const pushWith = (repository: string, labels: Record<string, string>, format?: 'oci' | 'docker') =>
  registry.pushImage(
    `quay/${repository}`,
    'a',
    createImage({ labels, cmd: [repository], ...(format && { format }) }),
  )

describe('labels of an image', () => {
  it('are there after the push, annotations over labels of the config', async () => {
    const image = createImage({
      labels: { team: 'core', data: '{"a":1}', both: 'config', '': 'no key' },
      manifest: { annotations: { both: 'annotation', own: '[broken' } },
    })
    const digest = await registry.pushImage('quay/image', 'a', image)
    const labels = await list('image', digest)
    expect(labels.map(({ key, value, media_type }) => [key, value, media_type])).toEqual([
      ['both', 'annotation', 'text/plain'],
      ['data', '{"a":1}', 'application/json'],
      ['own', '[broken', 'text/plain'],
      ['team', 'core', 'text/plain'],
    ])
    expect(new Set(labels.map(({ source_type }) => source_type))).toEqual(new Set(['manifest']))
    await registry.pushImage('quay/image', 'again', image)
    expect(await list('image', digest)).toEqual(labels)
  })

  it('are found in images of Docker, and as annotations in artifacts and indexes', async () => {
    const docker = await pushWith('docker', { team: 'docker' }, 'docker')
    expect((await list('docker', docker)).map(({ value }) => value)).toEqual(['docker'])
    const artifact = createArtifact({
      artifactType: 'application/x',
      layers: [createContent('x')],
      annotations: { kind: 'artifact' },
    })
    const digest = await registry.pushImage('quay/artifact', 'a', artifact)
    expect((await list('artifact', digest)).map(({ value }) => value)).toEqual(['artifact'])
    const child = createImage()
    await registry.pushImage('quay/index', child.manifest.digest, child)
    const index = createIndex([child], { index: { annotations: { kind: 'index' } } })
    await registry.putManifest('quay/index', 'a', index)
    expect((await list('index', index.digest)).map(({ value }) => value)).toEqual(['index'])
  })

  it('cannot be removed', async () => {
    const digest = await pushWith('fixed', { team: 'core' })
    const [label] = await list('fixed', digest)
    const answer = await api.request('DELETE', at('fixed', digest, `/${label?.id ?? ''}`))
    expect([answer.status, answer.json()]).toEqual([
      400,
      { message: 'Cannot delete immutable label' },
    ])
  })
})

describe('labels that people add', () => {
  let digest: string
  beforeAll(async () => {
    digest = await pushWith('added', {})
  })

  it('are told with their address, found by a prefix, read and removed', async () => {
    const answer = await add('added', digest, 'team')
    const { label } = answer.json() as { label: Label }
    expect([answer.status, label]).toEqual([
      201,
      { id: label.id, key: 'team', value: 'core', source_type: 'api', media_type: 'text/plain' },
    ])
    expect(answer.header('location')).toBe(at('added', digest, `/${label.id}`))
    expect(await api.get(answer.header('location'))).toEqual(label)
    await add('added', digest, 'other', '[1]')
    expect((await list('added', digest, '?filter=te')).map(({ key }) => key)).toEqual(['team'])
    expect((await list('added', digest)).map((one) => one.media_type)).toEqual([
      'application/json',
      'text/plain',
    ])
    await api.delete(at('added', digest, `/${label.id}`))
    expect((await api.request('GET', at('added', digest, `/${label.id}`))).status).toBe(404)
    expect(await kinds()).toEqual([
      ['manifest_label_delete', 'team'],
      ['manifest_label_add', 'other'],
      ['manifest_label_add', 'team'],
    ])
  })

  async function kinds() {
    const { logs } = (await api.get('/api/v1/repository/quay/added/logs')) as {
      logs: { kind: string; metadata: { key: string; manifest_digest: string } }[]
    }
    return logs
      .filter(({ metadata }) => metadata.manifest_digest === digest)
      .map(({ kind, metadata }) => [kind, metadata.key])
  }

  it.each([
    'quay.expires-after',
    'quay',
    'io.quay.x',
    'org.opencontainers.image.title',
    'internal-x',
    'com.example.x',
  ])('cannot be called %s', async (key) => {
    const answer = await add('added', digest, key)
    expect([answer.status, answer.json()]).toEqual([
      400,
      { message: 'Label has a reserved prefix' },
    ])
  })

  it.each(['', 'A', 'a b', 'a..b', '-a', 'a-', 'a'.repeat(300)])(
    'have keys of a form, which %j has not',
    async (key) => {
      const answer = await add('added', digest, key)
      expect(answer.status).toBe(400)
      expect((answer.json() as { message: string }).message).toMatch(/^Label is of an invalid for/)
    },
  )

  it('take the media types of labels only', async () => {
    const sent = { key: 'k', value: 'v', media_type: 'image/png' }
    const answer = await api.request('POST', at('added', digest), sent)
    expect([answer.status, answer.json()]).toEqual([
      400,
      {
        message:
          'Media type is invalid please use a valid media type: text/plain, application/json',
      },
    ])
    const incomplete = await api.request('POST', at('added', digest), { key: 'k', value: 'v' })
    expect(incomplete.json()).toMatchObject({ detail: "'media_type' is a required property" })
  })

  it('are not found under another manifest, nor by an id that is none', async () => {
    const { label } = (await add('added', digest, 'mine')).json() as { label: Label }
    const other = await pushWith('stranger', {})
    for (const path of [
      at('stranger', other, `/${label.id}`),
      at('stranger', digest, `/${label.id}`),
      at('added', digest, '/1'),
      at('added', `sha256:${'0'.repeat(64)}`, '/1'),
    ]) {
      for (const method of ['GET', 'DELETE']) {
        const answer = await api.request(method, path)
        expect([method, path, answer.status]).toEqual([method, path, 404])
      }
    }
  })
})
