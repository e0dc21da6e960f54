import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isDistribution } from '../support/client-bench.ts'
import {
  createContent,
  createJson,
  descriptorOf,
  mediaTypes,
  randomBytesOf,
  type Image,
} from '../support/content.ts'
import type { RegistryClient } from '../support/registry-client.ts'
import { startTestServer, type TestServer } from '../support/server.ts'

const pusherCount = 50
const imagesEach = 20

const common = createContent(randomBytesOf('common layer', 20_000), mediaTypes.ociLayer)

/** Two layers: one that everybody pushes at the same time, one of its own. */
function createPusherImage(pusher: number, at: number): Image {
  const own = createContent(randomBytesOf(`layer ${pusher} ${at}`, 5_000), mediaTypes.ociLayer)
  const config = createJson(
    { architecture: 'amd64', os: 'linux', pusher, at },
    mediaTypes.ociConfig,
  )
  const manifest = createJson(
    {
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: descriptorOf(config),
      layers: [descriptorOf(common), descriptorOf(own)],
    },
    mediaTypes.ociManifest,
  )
  return { manifest, blobs: [common, own, config] }
}

describe.skipIf(isDistribution)(`${pusherCount} pushers at once`, () => {
  let server: TestServer

  beforeAll(async () => {
    server = await startTestServer()
  })
  afterAll(async () => server.stop())

  /** Every second image goes where everybody pushes; the others to a repository of the pusher. */
  const placeOf = (pusher: number, at: number) =>
    at % 2 === 0
      ? { repository: `quay/pusher-${pusher}`, tag: `v${at}` }
      : { repository: 'quay/everybody', tag: `p${pusher}-v${at}` }

  async function pushAll(client: RegistryClient, pusher: number): Promise<void> {
    for (let at = 0; at < imagesEach; at += 1) {
      const { repository, tag } = placeOf(pusher, at)
      // Throws on any answer but the success that the protocol names.
      await client.pushImage(repository, tag, createPusherImage(pusher, at))
    }
  }

  it('all succeed, and everything they pushed is there', async () => {
    const pushers = Array.from({ length: pusherCount }, (_, pusher) => pusher)
    await Promise.all(pushers.map((pusher) => pushAll(server.client(), pusher)))

    const reader = server.client()
    for (const pusher of pushers) {
      for (let at = 0; at < imagesEach; at += 1) {
        const { repository, tag } = placeOf(pusher, at)
        const answer = await reader.headManifest(repository, tag)
        const { manifest } = createPusherImage(pusher, at)
        expect(answer.header('docker-content-digest'), `${repository}:${tag}`).toBe(manifest.digest)
      }
    }
    const shared = await reader.listTags('quay/everybody', { n: '100' })
    expect(shared.headers['link']).toMatch(/rel="next"/)
    expect(server.output()).not.toMatch(/database is locked|SQLITE_BUSY|"level":"error"/)
  })
})
