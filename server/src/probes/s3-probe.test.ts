import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startS3Server, type S3Server } from '../../../test/support/s3-server.ts'
import { systemRandom } from '../platform/random.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'
import { probeBucket, type BucketToProbe } from './s3-probe.ts'

interface Front {
  readonly behindMs?: number
  readonly ignoresRanges?: boolean
}

/** Stands before an S3 server: looks at access keys, cuts ranges and has a clock of its own. */
async function startFront(behind: S3Server, { behindMs = 0, ignoresRanges = false }: Front = {}) {
  const server = createServer((incoming, answer) => {
    void (async () => {
      const { authorization = '', range } = incoming.headers
      answer.setHeader('date', new Date(Date.now() - behindMs).toUTCString())
      if (!authorization.includes('Credential=the-key/')) {
        const code = '<Error><Code>InvalidAccessKeyId</Code><Message>unknown key</Message></Error>'
        answer.writeHead(403, { 'content-type': 'application/xml' }).end(code)
        return
      }
      const { method, headers, url = '' } = incoming
      const onward = request(`${behind.endpoint}${url}`, { method, headers })
      onward.end(await buffer(incoming))
      const [response] = (await once(onward, 'response')) as [typeof incoming]
      const body = await buffer(response)
      const [, from = 0, to = 0] = (/^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? []).map(Number)
      const isPart = range !== undefined && !ignoresRanges
      const { etag, 'content-type': type } = response.headers
      if (etag !== undefined) answer.setHeader('etag', etag)
      if (type !== undefined) answer.setHeader('content-type', type)
      answer.writeHead(isPart ? 206 : (response.statusCode ?? 500))
      answer.end(isPart ? body.subarray(from, to + 1) : body)
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('a bucket', () => {
  let server: S3Server
  let front: Awaited<ReturnType<typeof startFront>>
  beforeAll(async () => {
    server = await startS3Server()
    front = await startFront(server)
  })
  afterAll(async () => {
    await front[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  })

  const credentials = { accessKeyId: 'the-key', secretAccessKey: 'a-secret-key-for-tests' }
  const look = (change: Partial<BucketToProbe> = {}) =>
    linesOf(
      probeBucket(
        {
          ...{ endpoint: front.endpoint, region: '', bucket: server.bucket, pathStyle: true },
          ...{ prefix: '/site one/', credentials, ca: [], random: systemRandom },
          ...change,
        },
        testContext(),
      ),
    )

  it('is written, read in parts, listed and emptied', async () => {
    const lines = await look()
    expect(lines.map(({ id, state }) => `${id} ${state}`)).toEqual([
      's3:put ok',
      's3:multipart ok',
      's3:range ok',
      's3:list ok',
      's3:delete ok',
      's3:clock ok',
    ])
    expect(server.keys()).toEqual([])
  })

  it('says which of address, keys and name is wrong, and never shows a key', async () => {
    const verdicts = async (change: Partial<BucketToProbe>) => (await look(change)).map(verdictOf)
    expect(await verdicts({ endpoint: 'http://127.0.0.1:1' })).toEqual(['failed MOOR-STO-020'])
    expect(await verdicts({ bucket: 'nowhere' })).toEqual(['failed MOOR-STO-021'])
    const refused = await look({ credentials: { ...credentials, accessKeyId: 'another' } })
    expect(refused.map(verdictOf)).toEqual(['failed MOOR-STO-022'])
    expect(JSON.stringify(refused)).not.toContain(credentials.secretAccessKey)
  })

  it('that cannot do everything says what, and is left empty', async () => {
    await using whole = await startFront(server, { ignoresRanges: true })
    const lines = await look({ endpoint: whole.endpoint })
    expect(lines.map(verdictOf).at(-1)).toBe('failed MOOR-STO-024')
    expect(lines.at(-1)?.finding?.facts['action']).toBe('range')
    expect(server.keys()).toEqual([])
  })

  it('is warned about when its clock is another one', async () => {
    await using late = await startFront(server, { behindMs: 5 * 60_000 })
    const lines = await look({ endpoint: late.endpoint })
    expect(lines.map(verdictOf).at(-1)).toBe('warning MOOR-STO-023')
    expect(lines.at(-1)?.finding?.facts['seconds']).toBeGreaterThanOrEqual(299)
  })
})
