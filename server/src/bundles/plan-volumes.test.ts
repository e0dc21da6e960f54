import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../../test/support/content.ts'
import { parseDigest } from '../storage/digest.ts'
import type { BundleBlob, VolumeSize } from './bundle.ts'
import { createSample } from './bundle-suite.ts'
import { planVolumes } from './plan-volumes.ts'
import { parseVolumeSize } from './volume-size.ts'

const { plan } = createSample(1000)

const withSizes = (sizes: readonly number[]) => ({
  ...plan,
  blobs: [
    ...plan.blobs.filter(({ kind }) => kind === 'manifest'),
    ...sizes.map((sizeBytes, at): BundleBlob => ({
      digest: parseDigest(digestOf(`blob ${String(at)}`)),
      ...{ sizeBytes, kind: 'blob', isAssumed: false },
    })),
  ],
})

describe('volumes', () => {
  it('hold every byte once, and none is larger than it may be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { maxLength: 40 }),
        fc.integer({ min: 200_000, max: 900_000 }),
        fc.option(fc.integer({ min: 20_000, max: 200_000 })),
        (sizes, bytes, fileBytes) => {
          const size: VolumeSize = {
            ...{ bytes, clusterBytes: 512, reserveBytes: 0 },
            ...(fileBytes === null ? {} : { fileBytes }),
          }
          const { volumes, placements } = planVolumes(withSizes(sizes), size)
          const held = new Map(volumes.map(({ number }) => [number, 0]))
          const add = (volume: number, more: number) =>
            held.set(volume, (held.get(volume) ?? NaN) + more)
          for (const { digest, sizeBytes, kind } of withSizes(sizes).blobs) {
            const placement = placements.get(digest)
            if (kind === 'manifest') expect(placement).toEqual({ kind: 'everywhere' })
            else if (placement?.kind === 'whole') add(placement.volume, sizeBytes)
            else if (placement?.kind === 'parts') {
              let end = 0
              for (const part of placement.parts) {
                expect(part.offset).toBe(end)
                end += part.sizeBytes
                expect(part.sizeBytes).toBeLessThanOrEqual(Math.min(bytes, fileBytes ?? bytes))
                add(part.volume, part.sizeBytes)
              }
              expect(end).toBe(sizeBytes)
            } else expect.unreachable()
          }
          for (const [number, sum] of held) {
            expect(sum).toBeLessThan(bytes)
            expect(volumes[number - 1]?.bytes).toBeLessThanOrEqual(bytes)
          }
        },
      ),
      { numRuns: 80, seed: 1 },
    )
  })

  it('of a tar are files that the medium and its file system take, encrypted as well', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(1_000_000), { maxLength: 20 }),
        fc.integer({ min: 250_000, max: 900_000 }),
        fc.option(fc.integer({ min: 200_000, max: 400_000 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
        (sizes, bytes, fileBytes, recipients) => {
          const size: VolumeSize = {
            ...{ bytes, clusterBytes: 512, reserveBytes: 0 },
            ...(fileBytes === undefined ? {} : { fileBytes }),
          }
          const { volumes } = planVolumes(withSizes(sizes), size, { format: 'tar', recipients })
          // The sum and the note that lie beside an encrypted one are files of their own.
          const beside = recipients === undefined ? 0 : 2048 + 512
          for (const volume of volumes) {
            expect(volume.bytes).toBeLessThanOrEqual(bytes)
            expect(volume.bytes - beside).toBeLessThanOrEqual(fileBytes ?? bytes)
          }
        },
      ),
      { numRuns: 60, seed: 1 },
    )
  })

  it('cut nothing that fits, and put the largest first', () => {
    const size = { bytes: 200_000, clusterBytes: 1, reserveBytes: 0 }
    const { volumes, placements } = planVolumes(withSizes([60_000, 100_000, 80_000, 90_000]), size)
    expect(volumes.length).toBe(2)
    expect([...placements.values()].every(({ kind }) => kind !== 'parts')).toBe(true)
  })

  it('that cannot even hold the lists are refused', () => {
    const size = { bytes: 3000, clusterBytes: 1, reserveBytes: 0 }
    expect(() => planVolumes(plan, size)).toThrow(/MOOR-BND-025/)
  })

  it('are one where no size is given', () => {
    expect(planVolumes(withSizes([5 * 2 ** 40])).volumes.length).toBe(1)
  })

  it('of FAT32 cut only what is larger than a file may be', () => {
    const sizes = [2 ** 32 - 1, 2 ** 32, 100]
    const large = withSizes(sizes)
    const { volumes, placements } = planVolumes(large, parseVolumeSize('fat32'))
    expect(volumes.length).toBe(1)
    const kinds = large.blobs.slice(-3).map(({ digest }) => placements.get(digest)?.kind)
    expect(kinds).toEqual(['whole', 'parts', 'whole'])
  })

  it('have the sizes that people say', () => {
    expect(parseVolumeSize('dvd')).toMatchObject({ bytes: 4_700_372_992 })
    expect(parseVolumeSize('700MiB')).toMatchObject({ bytes: 734_003_200, clusterBytes: 1 })
    expect(parseVolumeSize('usb:64G')).toMatchObject({ bytes: 64e9 })
    expect(parseVolumeSize('usb:64G').fileBytes).toBeUndefined()
    expect(parseVolumeSize('fat32:32G')).toMatchObject({ bytes: 32e9, fileBytes: 2 ** 32 - 1 })
    expect(parseVolumeSize('4700372992').bytes).toBe(4_700_372_992)
    for (const wrong of [
      '',
      'x',
      '-1',
      '0',
      'usb',
      'usb:',
      'fat32:',
      'dvd:4G',
      '1e9',
      '9'.repeat(40),
      '1.5.5G',
    ]) {
      expect(() => parseVolumeSize(wrong), wrong).toThrow(/MOOR-BND-026/)
    }
  })
})
