import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { digestOf } from '../../../test/support/content.ts'
import { createSample, readAll, readTree, testKey } from './bundle-suite.ts'
import { diffBundles } from './diff-bundles.ts'
import { openBundle } from './open-bundle.ts'
import { resplitBundle } from './resplit-bundle.ts'
import { verifyBundle } from './verify-bundle.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'

const keys = [testKey.publicKey]

describe('a bundle that is split again', () => {
  let folder: TemporaryFolder
  let original: string
  beforeAll(async () => {
    folder = createTemporaryFolder('resplit')
    original = folder.join('original')
    const { shelf, plan } = createSample(60_000)
    const volumeSize = parseVolumeSize('100K')
    await writeBundle({ plan, source: shelf.source, to: original, signer: testKey, volumeSize })
  })
  afterAll(async () => folder.remove())

  it('keeps its signature and every byte, without the key', async () => {
    const to = folder.join('smaller')
    const { volumes } = await resplitBundle({
      ...{ from: [original], keys, to, volumeSize: parseVolumeSize('70K'), verifyAfterWrite: true },
    })
    expect(volumes.length).toBeGreaterThan(readdirSync(original).length)
    for (const { path } of volumes) {
      const size = [...readTree(path).values()].reduce((sum, { length }) => sum + length, 0)
      expect(size).toBeLessThanOrEqual(70_000)
      expect((await verifyBundle([path], { keys })).faults).toEqual([])
    }
    expect(await verifyBundle([to], { keys })).toMatchObject({ isComplete: true, faults: [] })
    await using bundle = await openBundle([to], { keys })
    expect(bundle.signature.kind).toBe('trusted')
    for (const { digest, kind } of bundle.blobs.filter((blob) => blob.kind !== 'manifest')) {
      const bytes = await readAll(await bundle.openBlob(digest, 0))
      const [algorithm] = digest.split(':')
      expect(digestOf(bytes, algorithm === 'sha512' ? 'sha512' : 'sha256'), kind).toBe(digest)
    }
  })

  it('is joined into one layout without parts', async () => {
    const to = folder.join('joined')
    await resplitBundle({ from: [original], keys, to })
    expect(existsSync(`${to}/oci-layout`)).toBe(true)
    const blobs = [...readTree(to)].filter(([name]) => name.startsWith('blobs/sha256/'))
    for (const [name, bytes] of blobs) expect(digestOf(bytes)).toBe(`sha256:${name.slice(13)}`)
    expect((await verifyBundle([to], { keys })).isComplete).toBe(true)

    const again = folder.join('again')
    await resplitBundle({ from: [to], keys, to: again, format: 'tar' })
    expect(readFileSync(`${to}/mooring/manifest.json`)).toEqual(
      readFileSync(`${original}/vol-001/mooring/manifest.json`),
    )
    expect((await verifyBundle([again], { keys })).isComplete).toBe(true)
  })

  it('needs all its volumes', async () => {
    const from = [folder.join('original/vol-001')]
    await expect(resplitBundle({ from, keys, to: folder.join('x') })).rejects.toMatchObject({
      ...{ kind: 'volume-missing', place: { volume: 2 } },
    })
  })
})

describe('two bundles', () => {
  it('are told apart by names and content', () => {
    const { plan } = createSample()
    const [first, second, ...others] = plan.entries
    if (first === undefined || second === undefined) return expect.unreachable()
    const lists = (entries: typeof plan.entries, blobs: typeof plan.blobs) => ({
      entries,
      blobs: blobs.map((blob) => ({ ...blob, placement: { kind: 'assumed' as const } })),
      find: (digest: string) =>
        blobs
          .map((blob) => ({ ...blob, placement: { kind: 'assumed' as const } }))
          .find((blob) => blob.digest === digest),
    })
    const a = lists([first, second], plan.blobs.slice(1))
    const b = lists([{ ...first, digest: second.digest }, ...others], plan.blobs.slice(0, -1))
    const diff = diffBundles(a, b)
    expect(diff.changed).toEqual([
      { reference: first.reference, from: first.digest, to: second.digest },
    ])
    expect(diff.removed).toEqual([second.reference])
    expect(diff.added).toEqual(others.map(({ reference }) => reference))
    expect(diff.same).toBe(0)
    expect(diff.content.added).toEqual({ blobs: 1, bytes: plan.blobs[0]?.sizeBytes })
    expect(diff.content.removed).toEqual({ blobs: 1, bytes: plan.blobs.at(-1)?.sizeBytes })
  })
})
