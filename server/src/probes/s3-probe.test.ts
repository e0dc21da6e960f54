import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startObjectStore, type ObjectStore } from '../../../test/support/object-store.ts'
import { systemRandom } from '../platform/random.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'
import { probeBucket, type BucketToProbe } from './s3-probe.ts'

describe('a bucket', () => {
  let server: ObjectStore
  let credentials: { accessKeyId: string; secretAccessKey: string }
  beforeAll(async () => {
    server = await startObjectStore()
    credentials = { accessKeyId: server.accessKey, secretAccessKey: server.secretKey }
  })
  afterEach(() => {
    server.intercept = undefined
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const look = (change: Partial<BucketToProbe> = {}) =>
    linesOf(
      probeBucket(
        {
          ...{ endpoint: server.endpoint, region: '', bucket: server.bucket, pathStyle: true },
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
    server.intercept = ({ method, key, res }) => {
      if (method !== 'GET' || key === '') return undefined
      res.end(server.object(key))
      return 'done'
    }
    const lines = await look()
    expect(lines.map(verdictOf).at(-1)).toBe('failed MOOR-STO-024')
    expect(lines.at(-1)?.finding?.facts['action']).toBe('range')
    expect(server.keys()).toEqual([])
  })

  it('is warned about when its clock is another one', async () => {
    server.intercept = ({ res }) => {
      res.setHeader('date', new Date(Date.now() - 5 * 60_000).toUTCString())
      return undefined
    }
    const lines = await look()
    expect(lines.map(verdictOf).at(-1)).toBe('warning MOOR-STO-023')
    expect(lines.at(-1)?.finding?.facts['seconds']).toBeGreaterThanOrEqual(299)
  })
})
