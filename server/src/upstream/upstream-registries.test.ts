import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createContent, createImage, randomBytesOf } from '../../../test/support/content.ts'
import { startCuttingProxy } from '../../../test/support/cutting-proxy.ts'
import { startPeerRegistry } from '../../../test/support/peer-registry.ts'
import { hasPrograms } from '../../../test/support/programs.ts'
import type { RegistryClient } from '../../../test/support/registry-client.ts'
import { startTestServer } from '../../../test/support/server.ts'
import { parseDigest } from '../storage/digest.ts'
import { localClient, readAll, sha256Of, watchedUpstream } from './local-upstream-suite.ts'
import type { UpstreamAccess } from './upstream.ts'

interface RunningRegistry extends AsyncDisposable {
  readonly host: string
  readonly caFile: string
  readonly username: string
  readonly password: string
  client(): RegistryClient
}

const repository = 'quay/far'
const layer = createContent(randomBytesOf('a layer that takes its time', 24_000_000))
const image = createImage()
const withinMs = 60_000
const signal = () => AbortSignal.timeout(withinMs)

const registries: readonly (readonly [string, () => Promise<RunningRegistry>])[] = [
  ...(hasPrograms('docker-registry') ? ([['Distribution', startPeerRegistry]] as const) : []),
  ['another server of ours', startTestServer],
]

describe.each(registries)('from %s', (_name, start) => {
  const usual = getCACertificates('default')
  const client = localClient()
  let registry: RunningRegistry
  let access: UpstreamAccess

  beforeAll(async () => {
    registry = await start()
    setDefaultCACertificates([...usual, readFileSync(registry.caFile, 'utf8')])
    const { username, password } = registry
    access = { host: registry.host, repository, credentials: { username, password } }
    const pushing = registry.client()
    await pushing.pushImage(repository, 'latest', image)
    await pushing.pushBlob(repository, layer)
    pushing.close()
  }, withinMs)
  afterAll(async () => {
    client.close()
    setDefaultCACertificates(usual)
    await registry[Symbol.asyncDispose]()
  })

  it('manifests, tags and blobs come as they are', async () => {
    const upstream = client.repository(access)
    expect(await upstream.checkVersion(signal())).toBe('authenticated')
    const { digest, mediaType, bytes } = image.manifest
    expect(await upstream.headManifest('latest', signal())).toEqual({
      ...{ digest, mediaType, sizeBytes: bytes.length },
    })
    expect(await upstream.getManifest('latest', signal())).toEqual({ digest, mediaType, bytes })
    const tags: string[] = []
    for await (const tag of upstream.listTags(signal())) tags.push(tag)
    expect(tags).toEqual(['latest'])
    expect(await upstream.listReferrers(parseDigest(digest), { signal: signal() })).toEqual([])
    for (const blob of image.blobs) {
      const wanted = { sizeBytes: blob.bytes.length, from: 0, signal: signal() }
      const read = await readAll(upstream.openBlob(parseDigest(blob.digest), wanted))
      expect(read.equals(blob.bytes)).toBe(true)
    }
  })

  it('nothing comes without the right password, or without trust', async () => {
    const credentials = { username: registry.username, password: 'another one' }
    const stranger = client.repository({ ...access, credentials })
    await expect(stranger.checkVersion(signal())).rejects.toMatchObject({ code: 'auth_failed' })
    setDefaultCACertificates(usual)
    const doubting = localClient()
    try {
      const upstream = doubting.repository(access)
      await expect(upstream.checkVersion(signal())).rejects.toMatchObject({ code: 'tls_error' })
    } finally {
      doubting.close()
      setDefaultCACertificates([...usual, readFileSync(registry.caFile, 'utf8')])
    }
  })

  it(
    'a blob comes over a link that is cut again and again, with a hundredth of it twice at most',
    async () => {
      await using link = await startCuttingProxy(registry.host, { cutEveryBytes: 4_000_000 })
      const { upstream, events } = watchedUpstream(client, link.host, {
        ...access,
        host: link.host,
        plainHttp: false,
      })
      await upstream.headManifest('latest', signal())
      const before = link.bytesDown
      const wanted = { sizeBytes: layer.bytes.length, from: 0, signal: signal() }
      const bytes = await readAll(upstream.openBlob(parseDigest(layer.digest), wanted))
      expect(sha256Of(bytes)).toBe(layer.digest)
      expect(link.cuts).toBeGreaterThanOrEqual(5)
      expect(events.filter(({ kind }) => kind === 'skipped')).toEqual([])
      // All that went over the link: handshakes, records of TLS and headers are in it, too.
      const extra = link.bytesDown - before - layer.bytes.length
      expect(extra / layer.bytes.length).toBeLessThan(0.01)
    },
    withinMs,
  )
})
