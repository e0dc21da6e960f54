import { Readable } from 'node:stream'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'

import { systemRandom } from '../../platform/random.ts'
import { isProblem, type ProblemCode } from '../../problem.ts'
import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import { createBundleUploads } from './bundle-upload-service.ts'

const folder = createTemporaryFolder('bundle-uploads')
const uploads = createBundleUploads({
  folder: folder.join('uploads'),
  clock: { now: () => 1_000 },
  random: systemRandom,
})
const problem = (code: ProblemCode): unknown =>
  expect.toSatisfy((error: unknown) => isProblem(error, code))
const { signal } = new AbortController()
let id: string

const send = (name: string, text: string, start = 0, totalBytes: number | null = null) =>
  uploads.write(
    id,
    name,
    { start, end: start + text.length - 1, totalBytes },
    Readable.from([Buffer.from(text)]),
    signal,
  )

beforeEach(async () => {
  id = (await uploads.start()).id
})
afterAll(() => folder.remove())

describe('uploads of bundles', () => {
  test('take a file in pieces and say when it is whole', async () => {
    expect(await send('vol-001/oci-layout', 'abc', 0, 5)).toMatchObject({ isComplete: false })
    expect(await send('vol-001/oci-layout', 'de', 3, 5)).toMatchObject({ isComplete: true })
    expect((await uploads.find(id)).files).toEqual([
      { name: 'vol-001/oci-layout', bytes: 5, totalBytes: 5, isComplete: true },
    ])
    await uploads.discard(id)
    await expect(uploads.find(id)).rejects.toEqual(problem('not-found'))
  })

  test('refuse a piece that leaves a gap, and take a file from its beginning again', async () => {
    await send('README.txt', 'abc', 0, 6)
    await expect(send('README.txt', 'f', 5, 6)).rejects.toEqual(problem('upload-out-of-order'))
    await send('README.txt', 'xy', 0, 2)
    expect((await uploads.find(id)).files).toMatchObject([{ bytes: 2, isComplete: true }])
  })

  test('keep nothing of a piece that is longer than it says', async () => {
    await send('README.txt', 'abc', 0, 6)
    const longer = uploads.write(
      ...([id, 'README.txt', { start: 3, end: 3, totalBytes: 6 }] as const),
      Readable.from([Buffer.from('defg')]),
      signal,
    )
    await expect(longer).rejects.toEqual(problem('size-mismatch'))
    expect((await uploads.find(id)).files).toMatchObject([{ bytes: 3 }])
  })

  test.each(['../up', 'a/../b', '/etc/passwd', '.hidden', 'a//b', 'a\\b', 'a\0', 'nul./x', ''])(
    'refuse the name %j',
    async (name) => {
      await expect(send(name, 'x')).rejects.toEqual(problem('rule-violated'))
    },
  )

  test('refuse names that are the same without case', async () => {
    await send('blobs/sha256/ab', 'x')
    await expect(send('Blobs/sha256/AB', 'x')).rejects.toEqual(problem('rule-violated'))
    await expect(send('blobs/sha256', 'x')).rejects.toEqual(problem('rule-violated'))
  })

  test('do not exist for an id that is none', async () => {
    await expect(uploads.find('../..')).rejects.toEqual(problem('not-found'))
  })
})
