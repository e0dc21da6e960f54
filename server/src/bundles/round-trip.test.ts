import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { digestOf } from '../../../test/support/content.ts'
import { createSample, readAll, readTree, testKey } from './bundle-suite.ts'
import { openBundle } from './open-bundle.ts'
import { planVolumes } from './plan-volumes.ts'
import { verifyBundle } from './verify-bundle.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'

const keys = [testKey.publicKey]

describe('a bundle', () => {
  let folder: TemporaryFolder
  beforeEach(() => {
    folder = createTemporaryFolder('bundle')
  })
  afterEach(async () => folder.remove())

  it('gives back every byte that went in', async () => {
    const { shelf, plan } = createSample()
    const to = folder.join('bundle')
    const written = await writeBundle({ plan, source: shelf.source, to, signer: testKey })
    expect(written.volumes).toEqual([{ number: 1, path: to, bytes: sizeOf(to) }])

    await using bundle = await openBundle([to], { keys })
    expect(bundle.signature).toMatchObject({ kind: 'trusted', keyId: testKey.publicKey.keyId })
    expect(bundle.manifestDigest).toBe(written.manifestDigest)
    expect(new Set(bundle.entries)).toEqual(new Set(plan.entries))
    expect(bundle.blobs.map(({ digest }) => digest)).toEqual(
      plan.blobs.map(({ digest }) => digest).sort(),
    )
    expect(bundle.description.features).toEqual(['referrers'])
    for (const { digest, kind } of plan.blobs) {
      const bytes =
        kind === 'manifest'
          ? (await bundle.manifest(digest)).bytes
          : await readAll(await bundle.openBlob(digest, 0))
      const [algorithm] = digest.split(':')
      expect(digestOf(bytes, algorithm === 'sha512' ? 'sha512' : 'sha256')).toBe(digest)
    }
    const report = await verifyBundle([to], { keys })
    expect(report).toMatchObject({ isComplete: true, faults: [] })
  })

  it('is checked by sha256sum and holds nothing that it does not list', async () => {
    const { shelf, plan } = createSample()
    const to = folder.join('bundle')
    await writeBundle({ plan, source: shelf.source, to, signer: testKey, compatIndex: true })
    const output = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: to, encoding: 'utf8' })
    const listed = output.trim().split('\n')
    expect(listed.every((line) => line.endsWith(': OK'))).toBe(true)
    expect(listed.map((line) => line.slice(0, -': OK'.length)).sort()).toEqual(
      [...readTree(to).keys()].filter((name) => name !== 'SHA256SUMS').sort(),
    )
    const compat = folder.join('bundle/compat/registry.example:8443/org/app')
    expect(readdirSync(compat).sort()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(existsSync(`${compat}/${readlinkSync(`${compat}/blobs`)}/sha256`)).toBe(true)
    expect((await verifyBundle([to], { keys })).faults).toEqual([])
  })

  it('comes out the same for the same plan', async () => {
    const { shelf, plan } = createSample()
    for (const name of ['a', 'b']) {
      await writeBundle({ plan, source: shelf.source, to: folder.join(name), signer: testKey })
    }
    expect(readTree(folder.join('a'))).toEqual(readTree(folder.join('b')))
    const again = writeBundle({ plan, source: shelf.source, to: folder.join('a'), signer: testKey })
    await expect(again).resolves.toMatchObject({ volumes: [{ number: 1 }] })
  })

  it.each(['directory', 'tar'] as const)(
    'is cut into volumes of an exact size, readable in any order (%s)',
    async (format) => {
      const { shelf, plan } = createSample(60_000)
      const volumeSize = parseVolumeSize('90K')
      const to = folder.join('bundle')
      const { volumes } = await writeBundle({
        ...{ plan, source: shelf.source, to, signer: testKey, volumeSize, format },
        verifyAfterWrite: true,
      })
      expect(volumes.length).toBe(planVolumes(plan, volumeSize, { format }).volumes.length)
      expect(volumes.length).toBeGreaterThan(2)
      const paths = volumes.map(({ path }) => path)
      for (const path of paths) expect(sizeOf(path)).toBeLessThanOrEqual(90_000)
      expect(readdirSync(to).length).toBe(volumes.length)

      for (const order of [paths, [...paths].reverse(), [to]]) {
        expect(await verifyBundle(order, { keys })).toMatchObject({ isComplete: true, faults: [] })
      }
      await using bundle = await openBundle([...paths].reverse(), { keys })
      const parted = bundle.blobs.filter(({ placement }) => placement.kind === 'parts')
      expect(parted.length).toBeGreaterThan(0)
      for (const { digest, sizeBytes } of parted) {
        const bytes = await readAll(await bundle.openBlob(digest, 0))
        const [algorithm] = digest.split(':')
        expect(digestOf(bytes, algorithm === 'sha512' ? 'sha512' : 'sha256')).toBe(digest)
        const rest = await readAll(await bundle.openBlob(digest, sizeBytes - 1000))
        expect(rest).toEqual(bytes.subarray(-1000))
      }
    },
  )

  it('checks each volume alone, and says which are missing', async () => {
    const { shelf, plan } = createSample(60_000)
    const to = folder.join('bundle')
    const volumeSize = parseVolumeSize('100K')
    const { volumes } = await writeBundle({
      ...{ plan, source: shelf.source, to, signer: testKey, volumeSize },
    })
    for (const { number, path } of volumes) {
      const report = await verifyBundle([path], { keys })
      expect(report.faults).toEqual([])
      expect(report.isComplete).toBe(false)
      expect(report.volumes.map(({ state }) => state)).toEqual(
        volumes.map((volume) => (volume.number === number ? 'sound' : 'missing')),
      )
    }
    await using bundle = await openBundle([folder.join('bundle/vol-002')], { keys })
    const elsewhere = bundle.blobs.find(({ digest, kind }) => {
      return kind !== 'manifest' && bundle.volumesFor(digest).includes(1)
    })
    await expect(
      bundle.openBlob(elsewhere?.digest ?? present(plan.blobs[0]).digest, 0).then(readAll),
    ).rejects.toMatchObject({ kind: 'volume-missing', place: { volume: 1 } })
  })

  it('cuts a blob that is larger than a file may be, and only that', async () => {
    const { shelf, plan } = createSample(60_000)
    const to = folder.join('bundle')
    const volumeSize = { fileBytes: 70_000, clusterBytes: 512, reserveBytes: 0 }
    await writeBundle({ plan, source: shelf.source, to, signer: testKey, volumeSize })
    await using bundle = await openBundle([to], { keys })
    expect(bundle.volumes.total).toBe(1)
    const cut = bundle.blobs.filter(({ placement }) => placement.kind === 'parts')
    expect(cut.map(({ sizeBytes }) => sizeBytes)).toEqual([120_000])
    const [parts] = cut.map(({ placement }) => (placement.kind === 'parts' ? placement.parts : []))
    expect(parts?.map(({ sizeBytes }) => sizeBytes)).toEqual([70_000, 50_000])
    const first = folder.join(
      `bundle/vol-001/blobs/sha256/${present(cut[0]).digest.slice(7)}.part-0001`,
    )
    copyFileSync(first, folder.join('part'))
    expect((await verifyBundle([to], { keys })).isComplete).toBe(true)
  })

  it('asks for a medium before each volume and refuses one that was not changed', async () => {
    const { shelf, plan } = createSample(60_000)
    const options = {
      ...{ plan, source: shelf.source, to: folder.join('state'), signer: testKey },
      volumeSize: parseVolumeSize('90K'),
    }
    const same = writeBundle({ ...options, nextMedium: () => Promise.resolve(folder.join('usb')) })
    await expect(same).rejects.toMatchObject({ kind: 'target-in-use' })
    const asked: number[] = []
    const { volumes } = await writeBundle({
      ...options,
      nextMedium(number) {
        asked.push(number)
        return Promise.resolve(folder.join(`stick-${String(number)}`))
      },
    })
    // The first was finished before the second was refused.
    expect(asked).toEqual(volumes.slice(1).map(({ number }) => number))
    const sticks = asked.map((number) => folder.join(`stick-${String(number)}`))
    const report = await verifyBundle([...sticks, folder.join('usb')], { keys })
    expect(report.isComplete).toBe(true)
    expect(readdirSync(folder.join('state'))).toEqual([])
  })

  it('is refused by a folder with other things in it', async () => {
    const { shelf, plan } = createSample()
    copyFileSync('package.json', folder.join('package.json'))
    const writing = writeBundle({ plan, source: shelf.source, to: folder.path })
    await expect(writing).rejects.toMatchObject({ kind: 'target-in-use' })
    expect(readdirSync(folder.path)).toEqual(['package.json'])
  })

  it('says which content of the source is not what it should be', async () => {
    const { shelf, plan } = createSample()
    const victim = present(plan.blobs.find(({ sizeBytes }) => sizeBytes === 60_000))
    const source = {
      ...shelf.source,
      openBlob: async (digest: typeof victim.digest, from: number) =>
        shelf.source.openBlob(
          digest === victim.digest ? present(plan.blobs[0]).digest : digest,
          from,
        ),
    }
    const to = folder.join('bundle')
    await expect(writeBundle({ plan, source, to })).rejects.toMatchObject({
      kind: 'source-damaged',
      place: { volume: 1, file: `blobs/sha256/${victim.digest.slice(7)}` },
    })
    await expect(openBundle([to])).rejects.toMatchObject({ kind: 'unfinished' })
    await writeBundle({ plan, source: shelf.source, to })
    expect((await verifyBundle([to])).isComplete).toBe(true)
  })
})

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it is not there')
  return value
}

function sizeOf(path: string): number {
  if (path.endsWith('.tar')) return Number(execFileSync('stat', ['-c', '%s', path]).toString())
  return [...readTree(path).values()].reduce((sum, { length }) => sum + length, 0)
}
