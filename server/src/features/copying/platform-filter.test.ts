import { expect, test } from 'vitest'
import { chooseChildren, isWanted } from './platform-filter.ts'
import { imageFor, indexLimits, indexOf } from './copying-world-suite.ts'

const amd64 = imageFor({ os: 'linux', architecture: 'amd64' }, 'amd64')
const armv7 = imageFor({ os: 'linux', architecture: 'arm', variant: 'v7' }, 'armv7')
const windows = imageFor({ os: 'windows', architecture: 'amd64' }, 'windows')
const unknown = { os: 'unknown', architecture: 'unknown' }
const attestation = (about: string) => ({
  ...imageFor(unknown, `attestation of ${about}`),
  annotations: {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': about,
  },
})

test.each([
  [['amd64'], true],
  [['linux/amd64'], true],
  [['Linux/AMD64'], true],
  [['arm64', 'linux/amd64'], true],
  [['windows/amd64'], false],
  [['linux/amd64/v3'], false],
])('%j names linux/amd64: %s', (platforms, expected) => {
  expect(isWanted({ os: 'linux', architecture: 'amd64' }, platforms)).toBe(expected)
})

test('a variant belongs to its architecture', () => {
  expect(isWanted(armv7.platform, ['linux/arm'])).toBe(true)
  expect(isWanted(armv7.platform, ['linux/arm/v7'])).toBe(true)
  expect(isWanted(armv7.platform, ['linux/arm/v6'])).toBe(false)
})

test('attestations go with the image that they are about', () => {
  const about = [attestation(amd64.manifest.digest), attestation(armv7.manifest.digest)]
  const { bytes } = indexOf([amd64, armv7, ...about])
  expect(chooseChildren(bytes, ['arm'], indexLimits)).toEqual({
    digests: [armv7.manifest.digest, about[1]?.manifest.digest],
    isSparse: true,
  })
})

test('what names no platform is always taken', () => {
  const plain = { manifest: imageFor(unknown, 'plain').manifest }
  const { bytes } = indexOf([amd64, plain])
  expect(chooseChildren(bytes, ['amd64'], indexLimits)).toEqual({
    digests: [amd64.manifest.digest, plain.manifest.digest],
    isSparse: false,
  })
})

test('none of the platforms is a fault that lists those that there are', () => {
  const { bytes } = indexOf([amd64, windows, armv7])
  expect(() => chooseChildren(bytes, ['s390x', 'ppc64le'], indexLimits)).toThrow(
    'No matching architectures. Requested: s390x, ppc64le, Available: amd64, arm',
  )
  expect(() => chooseChildren(bytes, ['linux/s390x'], indexLimits)).toThrow(
    'Available: linux/amd64, linux/arm/v7, windows/amd64',
  )
})

test('an index is looked into as far as it may be', () => {
  const { bytes } = indexOf([amd64, windows, armv7])
  expect(() => chooseChildren(bytes, ['arm'], { ...indexLimits, entries: 2 })).toThrow(
    'Available: amd64',
  )
  expect(() => chooseChildren(bytes, ['arm'], { ...indexLimits, sizeBytes: 100 })).toThrow(
    'platforms are chosen from at most 100',
  )
})
