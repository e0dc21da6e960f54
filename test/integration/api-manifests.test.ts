import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApiClient } from '../support/api-client.ts'
import {
  createArtifact,
  createContent,
  createImage,
  createIndex,
  createJson,
  descriptorOf,
  mediaTypes,
  type Content,
} from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

let server: TestServer
let api: ApiClient
let registry: RegistryClient

beforeAll(async () => {
  server = await startTestServer()
  api = await server.signedIn()
  registry = server.client()
})
afterAll(() => server.stop())

const at = (repository: string, digest: string) =>
  `/api/v1/repository/quay/${repository}/manifest/${digest}`
const statusOf = async (client: ApiClient, path: string) =>
  (await client.request('GET', path)).status

function imageWith(config: unknown, layers: readonly Content[]) {
  const configBlob = createContent(
    typeof config === 'string' ? config : JSON.stringify(config),
    mediaTypes.ociConfig,
  )
  const manifest = createJson(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptorOf(configBlob),
      layers: layers.map((layer) => descriptorOf(layer)),
    },
    mediaTypes.ociManifest,
  )
  return { manifest, blobs: [...layers, configBlob] }
}

describe('a manifest', () => {
  const base = createContent('base', mediaTypes.ociLayer)
  const top = createContent('the top', mediaTypes.ociLayer)

  it('comes as it was pushed, with what the config tells of its layers', async () => {
    const image = imageWith(
      {
        history: [
          { created: '2022-01-04T20:45:26Z', created_by: '/bin/sh -c #(nop) ADD file' },
          { created_by: '["CMD","sh"]', empty_layer: true, author: 'ada' },
          { created: 'lately', created_by: 'COPY', comment: 'buildkit' },
        ],
      },
      [base, top],
    )
    const digest = await registry.pushImage('quay/viewed', 'a', image)
    expect(await api.get(at('viewed', digest))).toEqual({
      digest,
      is_manifest_list: false,
      manifest_data: image.manifest.bytes.toString(),
      config_media_type: mediaTypes.ociConfig,
      layers_compressed_size: base.bytes.length + top.bytes.length,
      layers: [
        {
          index: 0,
          compressed_size: 4,
          is_remote: false,
          urls: null,
          command: ['/bin/sh -c #(nop) ADD file'],
          comment: null,
          author: null,
          blob_digest: base.digest,
          created_datetime: 'Tue, 04 Jan 2022 20:45:26 -0000',
        },
        {
          index: 1,
          compressed_size: 32,
          is_remote: false,
          urls: null,
          command: ['CMD', 'sh'],
          comment: null,
          author: 'ada',
          blob_digest: 'sha256:a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4',
          created_datetime: null,
        },
        {
          index: 2,
          compressed_size: 7,
          is_remote: false,
          urls: null,
          command: ['COPY'],
          comment: 'buildkit',
          author: null,
          blob_digest: top.digest,
          created_datetime: null,
        },
      ],
    })
  })

  it.each([
    ['tells of fewer layers', { history: [{ created_by: 'ADD' }] }],
    ['has a history that is none', { history: 'long' }],
    ['is no JSON', 'config'],
  ])('has its layers even if the config %s', async (what, config) => {
    const digest = await registry.pushImage('quay/odd', 'a', imageWith(config, [base, top]))
    const { layers } = (await api.get(at('odd', digest))) as {
      layers: { blob_digest: string; command: unknown }[]
    }
    expect([what, layers.map(({ blob_digest }) => blob_digest)]).toEqual([
      what,
      [base.digest, top.digest],
    ])
    expect(layers.map(({ command }) => command)).toEqual([null, null])
  })

  it('of an index has no layers, and its children are reached through it', async () => {
    const child = createImage({ cmd: ['child'] })
    await registry.pushImage('quay/indexed', child.manifest.digest, child)
    const index = createIndex([child])
    await registry.putManifest('quay/indexed', 'a', index)
    expect(await api.get(at('indexed', index.digest))).toMatchObject({
      is_manifest_list: true,
      layers: null,
      layers_compressed_size: 0,
      config_media_type: null,
    })
    expect(await statusOf(api, at('indexed', child.manifest.digest))).toBe(200)
  })

  it('of an artifact has its layers', async () => {
    const layer = createContent('{"sbom":true}', 'application/spdx+json')
    const artifact = createArtifact({ artifactType: 'application/spdx', layers: [layer] })
    const digest = await registry.pushImage('quay/artifact', 'a', artifact)
    expect(await api.get(at('artifact', digest))).toMatchObject({
      layers: [{ blob_digest: layer.digest, command: null }],
    })
  })

  it('is not there once no tag reaches it, in another repository, or for strangers', async () => {
    const image = createImage({ cmd: ['gone'] })
    const digest = await registry.pushImage('quay/gone', 'a', image)
    await registry.pushImage('quay/kept', 'a', createImage({ cmd: ['kept'] }))
    expect(await statusOf(api, at('gone', digest))).toBe(200)
    expect(await statusOf(server.api(), at('gone', digest))).toBe(401)
    await api.delete('/api/v1/repository/quay/gone/tag/a')
    for (const path of [
      at('gone', digest),
      at('kept', digest),
      at('kept', 'sha256:AB'),
      at('kept', 'md5:ab'),
    ]) {
      const answer = await api.request('GET', path)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.json()).toMatchObject({ error_type: 'not_found' })
    }
    const unknown = await api.request('GET', at('kept', 'latest'))
    // What is no digest leads to the repository of that name.
    expect([unknown.status, unknown.json()]).toEqual([
      404,
      expect.objectContaining({ error_type: 'not_found' }),
    ])
  })
})
