import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { parseDigest } from '../storage/digest.ts'
import {
  localClient,
  patient,
  startLocalServer,
  watchedUpstream,
  type LocalServer,
  type Respond,
} from './local-upstream-suite.ts'

const client = localClient()
let server: LocalServer | undefined

afterEach(async () => {
  await server?.close()
})
afterAll(() => {
  client.close()
})

async function upstreamThat(respond: Respond) {
  server = await startLocalServer((req, res) => {
    if (req.url === '/v2/') res.end('{}')
    else respond(req, res)
  })
  return watchedUpstream(client, server.host).upstream
}

async function collect(tags: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const tag of tags) found.push(tag)
  return found
}

describe('tags', () => {
  const pages: Readonly<Record<string, readonly [tags: unknown, link?: string]>> = {
    '?n=1000': [['a', 'b'], '</v2/team/app/tags/list?last=b&n=2>; rel="next"'],
    // Behind something that speaks TLS for it, a registry may think that it speaks it itself.
    '?last=b&n=2': [['c'], '<https://127.0.0.1/v2/team/app/tags/list?last=c>; rel=next'],
    '?last=c': [null],
  }

  it('come page by page', async () => {
    const upstream = await upstreamThat((req, res) => {
      const [tags, link] = pages[req.url?.slice('/v2/team/app/tags/list'.length) ?? ''] ?? []
      if (link !== undefined) res.setHeader('link', link)
      res.end(JSON.stringify({ name: 'team/app', tags }))
    })
    expect(await collect(upstream.listTags(patient()))).toEqual(['a', 'b', 'c'])
  })

  it('are never fewer than there are: a list that breaks off is a fault', async () => {
    const upstream = await upstreamThat((req, res) => {
      if (req.url?.includes('last') === true) res.writeHead(503).end()
      else {
        res.setHeader('link', '</v2/team/app/tags/list?last=a>; rel="next"')
        res.end('{"tags":["a"]}')
      }
    })
    const tags = collect(upstream.listTags(patient()))
    await expect(tags).rejects.toMatchObject({ code: 'connection_error', status: 503 })
  })

  it.each([
    ['that does not end', { link: '</v2/team/app/tags/list?n=1000>; rel="next"' }, '{"tags":[]}'],
    ['that is a page for people', {}, '<html>sign in</html>'],
    ['of something else', {}, '{"tags":[1]}'],
    ['without tags', {}, '{}'],
  ])('a list %s is a fault', async (_what, headers, body) => {
    const upstream = await upstreamThat((_req, res) => res.writeHead(200, headers).end(body))
    const tags = collect(upstream.listTags(patient()))
    await expect(tags).rejects.toMatchObject({ code: 'invalid_source_registry' })
  })

  it('come to an end, whatever the upstream has to say', async () => {
    let pages = 0
    const body = JSON.stringify({ tags: ['x'.repeat(8 * 1024 * 1024)] })
    const upstream = await upstreamThat((_req, res) => {
      res.setHeader('link', `</v2/team/app/tags/list?last=${String(++pages)}>; rel="next"`)
      if (pages > 20) res.writeHead(404)
      res.end(body)
    })
    const tags = collect(upstream.listTags(patient()))
    await expect(tags).rejects.toMatchObject({
      ...{ code: 'invalid_source_registry', reason: 'its list does not end' },
    })
    expect(pages).toBe(4)
  })

  it('of a repository that is not there are a fault', async () => {
    const upstream = await upstreamThat((_req, res) => res.writeHead(404).end())
    const tags = collect(upstream.listTags(patient()))
    await expect(tags).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('referrers', () => {
  const subject = parseDigest(`sha256:${'a'.repeat(64)}`)
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'b'.repeat(64)}`,
    size: 10,
    artifactType: 'application/spdx+json',
    annotations: { made: 'today' },
  }
  const index = JSON.stringify({ schemaVersion: 2, manifests: [descriptor, { digest: 'odd' }] })

  it('come from the API', async () => {
    const upstream = await upstreamThat((_req, res) => res.end(index))
    expect(await upstream.listReferrers(subject, { signal: patient() })).toEqual([descriptor])
    expect(server?.asked()).toContain(`GET /v2/team/app/referrers/${subject}`)
  })

  it.each([404, 405, 400, 403])('come from a tag where the API answers %d', async (status) => {
    const upstream = await upstreamThat((req, res) => {
      if (req.url === `/v2/team/app/manifests/${subject.replace(':', '-')}`) res.end(index)
      else res.writeHead(status).end()
    })
    expect(await upstream.listReferrers(subject, { signal: patient() })).toEqual([descriptor])
  })

  it('are asked for by tags alone for a while where there is no API', async () => {
    const upstream = await upstreamThat((req, res) => {
      if (req.url === `/v2/team/app/manifests/${subject.replace(':', '-')}`) res.end(index)
      else res.writeHead(404).end('404 page not found')
    })
    await upstream.listReferrers(subject, { signal: patient() })
    expect(await upstream.listReferrers(subject, { signal: patient() })).toEqual([descriptor])
    const asked = server?.asked().filter((line) => line.includes('/referrers/'))
    expect(asked).toHaveLength(1)
  })

  it('are not asked for by a tag that the upstream has not listed', async () => {
    const upstream = await upstreamThat((_req, res) => res.writeHead(404).end('404 page not found'))
    const listed = (...names: string[]) => ({ signal: patient(), knownTags: new Set(names) })
    const tag = subject.replace(':', '-')
    expect(await upstream.listReferrers(subject, listed('latest'))).toEqual([])
    expect(server?.asked().filter((line) => line.endsWith(tag))).toEqual([])
    await upstream.listReferrers(subject, listed('latest', tag))
    expect(server?.asked().filter((line) => line.endsWith(tag))).toHaveLength(1)
  })

  it('are asked for by the API again after an image that it does not know', async () => {
    const upstream = await upstreamThat((_req, res) => {
      res.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    })
    await upstream.listReferrers(subject, { signal: patient() })
    await upstream.listReferrers(subject, { signal: patient() })
    const asked = server?.asked().filter((line) => line.includes('/referrers/'))
    expect(asked).toHaveLength(2)
  })

  it('come from a tag where the API is a page for people', async () => {
    const upstream = await upstreamThat((req, res) => {
      res.end(req.url?.includes('/manifests/') === true ? index : '<html>')
    })
    expect(await upstream.listReferrers(subject, { signal: patient() })).toEqual([descriptor])
  })

  it('are a fault where nothing is given out', async () => {
    const upstream = await upstreamThat((_req, res) => res.writeHead(403).end())
    const referrers = upstream.listReferrers(subject, { signal: patient() })
    await expect(referrers).rejects.toMatchObject({ code: 'auth_failed' })
  })

  it('are none where there is neither', async () => {
    const upstream = await upstreamThat((_req, res) => res.writeHead(404).end())
    expect(await upstream.listReferrers(subject, { signal: patient() })).toEqual([])
  })
})
