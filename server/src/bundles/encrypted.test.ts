import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasPrograms } from '../../../test/support/programs.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { sealedChunkBytes } from './age/age-chunks.ts'
import { startBytes, type AgeStart } from './age/age-header.ts'
import {
  newIdentity,
  parseIdentities,
  parseRecipient,
  parseRecipients,
  recipientOf,
  type AgeIdentity,
  type AgeRecipient,
} from './age/age-keys.ts'
import type { Encryption, VolumeKeys } from './age/age-writer.ts'
import { BundleFault, type BundleFaultKind } from './bundle-fault.ts'
import { createSample, readAll, readTree, testKey } from './bundle-suite.ts'
import type { WriteOptions } from './bundle.ts'
import { lookAtBundle } from './look-at-bundle.ts'
import { openBundle } from './open-bundle.ts'
import { planVolumes } from './plan-volumes.ts'
import { verifyBundle } from './verify-bundle.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'

const keys = [testKey.publicKey]
const hasAge = hasPrograms('age', 'age-keygen', 'tar', 'sha256sum')
if (!hasAge) process.stderr.write('left out: opening volumes with age, which is not installed\n')

describe('an encrypted bundle', () => {
  let folder: TemporaryFolder
  let identity: AgeIdentity
  let recipient: AgeRecipient
  let other: AgeIdentity
  let plain: string
  let whole: string

  const { shelf, plan } = createSample(150_000)
  const options = (to: string, extra: Partial<WriteOptions> = {}): WriteOptions => ({
    ...{ plan, source: shelf.source, signer: testKey, to, format: 'tar', verifyAfterWrite: true },
    encryption: { recipients: [recipient] },
    ...extra,
  })
  const volumesIn = (place: string) =>
    readdirSync(place)
      .filter((name) => name.endsWith('.age'))
      .map((name) => `${place}/${name}`)

  beforeAll(async () => {
    folder = createTemporaryFolder('encrypted')
    identity = await newIdentity()
    recipient = await recipientOf(identity)
    other = await newIdentity()
    plain = folder.join('plain')
    whole = folder.join('whole')
    await writeBundle({ plan, source: shelf.source, to: plain, signer: testKey })
    await writeBundle(options(whole))
  })
  afterAll(async () => folder.remove())

  it('is read with any identity it was encrypted for, and says everything that a plain one says', async () => {
    const both = parseRecipients([`age:${await recipientOf(other)}`, recipient])
    const to = folder.join('for-both')
    await writeBundle(options(to, { encryption: { recipients: both } }))
    for (const identities of [[identity], [other], [await newIdentity(), other]]) {
      const report = await verifyBundle([to], { keys, identities })
      expect(report).toMatchObject({ isComplete: true, faults: [], signature: { kind: 'trusted' } })
    }
    await using bundle = await openBundle([to], { keys, identities: [other] })
    for (const { digest, sizeBytes, kind } of bundle.blobs) {
      if (kind === 'manifest') continue
      const bytes = await readAll(await bundle.openBlob(digest, 0))
      expect(bytes).toEqual(await readAll(await shelf.source.openBlob(digest, 0)))
      const from = Math.floor(sizeBytes / 2)
      expect(await readAll(await bundle.openBlob(digest, from))).toEqual(bytes.subarray(from))
    }
    expect(readdirSync(to).sort()).toEqual([
      `bundle-${plan.id}.README.txt`,
      `bundle-${plan.id}.tar.age`,
      `bundle-${plan.id}.tar.age.sha256`,
    ])
  })

  it('shows nothing of what is in it', () => {
    const outside = [...readTree(whole).values()].map((bytes) => bytes.toString('latin1')).join('')
    for (const word of ['org/app', 'registry.example', 'oci-layout', 'manifest.json']) {
      expect(outside).not.toContain(word)
    }
  })

  it.skipIf(!hasAge)('is opened by age and tar, and its sums by sha256sum', () => {
    const file = folder.join('key.txt')
    writeFileSync(file, `# a comment\n${identity}\n`, { mode: 0o600 })
    const opened = folder.join('opened')
    mkdirSync(opened)
    for (const volume of volumesIn(whole)) {
      const tar = execFileSync('age', ['-d', '-i', file, volume], { maxBuffer: 2 ** 26 })
      execFileSync('tar', ['-xC', opened], { input: tar })
    }
    expect(readTree(opened)).toEqual(readTree(plain))
    const told = execFileSync('sh', ['-c', 'sha256sum -c *.sha256'], { cwd: whole })
    expect(told.toString()).toContain('OK')
  })

  it.skipIf(!hasAge)(
    'is read when age encrypted the tar of a volume, and takes its keys',
    async () => {
      const file = folder.join('made.txt')
      execFileSync('age-keygen', ['-o', file], { stdio: 'ignore' })
      const made = parseRecipient(execFileSync('age-keygen', ['-y', file]).toString())
      const tars = folder.join('tars')
      await writeBundle({ plan, source: shelf.source, to: tars, signer: testKey, format: 'tar' })
      const name = `bundle-${plan.id}.tar`
      const sealed = folder.join(`${name}.age`)
      execFileSync('age', ['-r', made, '-o', sealed, `${tars}/${name}`])
      const identities = parseIdentities(readFileSync(file, 'utf8'))
      expect(await verifyBundle([sealed], { keys, identities })).toMatchObject({ isComplete: true })
      const armored = folder.join('armored.age')
      execFileSync('age', ['-a', '-r', made, '-o', armored, `${tars}/${name}`])
      await expect(openBundle([armored], { identities })).rejects.toMatchObject({
        kind: 'tar-invalid',
      })
    },
  )

  it('keeps to the size of its volumes, of which each opens alone and in any order', async () => {
    for (const recipients of [1, 3]) {
      const list = await Promise.all(
        Array.from({ length: recipients }, async () => recipientOf(await newIdentity())),
      )
      const to = folder.join(`split-${String(recipients)}`)
      const volumeSize = parseVolumeSize('170K')
      const encryption = { recipients: [recipient, ...list.slice(1)] }
      const { volumes } = await writeBundle(options(to, { volumeSize, encryption }))
      const planned = planVolumes(plan, volumeSize, { format: 'tar', recipients })
      expect(volumes.length).toBe(planned.volumes.length)
      expect(volumes.length).toBeGreaterThan(3)
      for (const [at, { path }] of volumes.entries()) {
        const beside = [`${path}.sha256`, `${to}/bundle-${plan.id}.README.txt`]
        const taken = [path, ...beside].reduce((sum, file) => sum + statSync(file).size, 0)
        expect(taken).toBeLessThanOrEqual(planned.volumes[at]?.bytes ?? 0)
        expect(taken).toBeLessThanOrEqual(170_000)
      }
      const paths = volumes.map(({ path }) => path)
      const readers = { keys, identities: [identity] }
      for (const order of [[...paths].reverse(), [to]]) {
        expect(await verifyBundle(order, readers)).toMatchObject({ isComplete: true })
      }
      const alone = await verifyBundle(paths.slice(1, 2), readers)
      expect(alone).toMatchObject({ faults: [], isComplete: false })
    }
  })

  it('begins with a header of the length that is planned for', async () => {
    const [volume = ''] = volumesIn(whole)
    const bytes = readFileSync(volume)
    expect(bytes.indexOf('\n', bytes.indexOf('\n--- ') + 1) + 1 + 16).toBe(startBytes(1))
    const two = folder.join('two')
    const recipients = [recipient, await recipientOf(other)]
    await writeBundle(options(two, { encryption: { recipients } }))
    const [second = ''] = volumesIn(two)
    expect(statSync(second).size - statSync(volume).size).toBe(startBytes(2) - startBytes(1))
  })

  describe('that somebody touched, or that is for others', () => {
    let count = 0
    const copy = () => {
      const place = folder.join(`copy-${String(count++)}`)
      cpSync(whole, place, { recursive: true })
      const [volume = ''] = volumesIn(place)
      return { place, volume, bytes: readFileSync(volume) }
    }
    const refusal = async (place: string, identities: readonly AgeIdentity[] = [identity]) => {
      try {
        const { faults } = await verifyBundle([place], { keys, identities })
        return faults.map(({ kind }) => kind)
      } catch (error) {
        if (error instanceof BundleFault) return [error.kind]
        throw error
      }
    }
    const expectKinds = async (place: string, kinds: readonly BundleFaultKind[]) => {
      expect([...new Set(await refusal(place))]).toEqual(kinds)
    }

    it('is refused without an identity and with a wrong one, each by its reason', async () => {
      expect(await refusal(whole, [])).toEqual(['encrypted'])
      expect(await refusal(whole, [other])).toEqual(['identity-wrong'])
      await expect(lookAtBundle([whole], { identities: [other] })).rejects.toMatchObject({
        kind: 'identity-wrong',
      })
    })

    it('is refused whichever byte was changed', async () => {
      const { place, volume, bytes } = copy()
      const step = Math.floor(bytes.length / 9)
      for (let at = startBytes(1); at < bytes.length; at += step) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ 1
        writeFileSync(volume, changed)
        await expectKinds(place, ['file-damaged'])
      }
      const flipped = (at: number) => (bytes[at] ?? 0) ^ 2
      const [A = 0, B = 0] = Buffer.from('AB')
      for (const [at, byte, kind] of [
        [3, flipped(3), 'tar-invalid'],
        [30, flipped(30), 'identity-wrong'],
        // Another key in base64, and what is no base64 at all.
        [60, bytes[60] === A ? B : A, 'identity-wrong'],
        [60, 0, 'file-damaged'],
        [startBytes(1) - 30, flipped(startBytes(1) - 30), 'file-damaged'],
        [startBytes(1) - 1, flipped(startBytes(1) - 1), 'file-damaged'],
      ] as const) {
        const changed = Buffer.from(bytes)
        changed[at] = byte
        writeFileSync(volume, changed)
        expect({ at, kinds: await refusal(place) }).toEqual({ at, kinds: [kind] })
      }
    })

    it('is refused when it was cut short, also between two chunks', async () => {
      const { place, volume, bytes } = copy()
      for (const [length, kind] of [
        [bytes.length - 1, 'file-damaged'],
        [startBytes(1) + 2 * sealedChunkBytes, 'file-truncated'],
        [startBytes(1) + 100, 'file-damaged'],
        [startBytes(1), 'file-damaged'],
        [100, 'file-damaged'],
      ] as const) {
        writeFileSync(volume, bytes)
        truncateSync(volume, length)
        expect({ length, kinds: await refusal(place) }).toEqual({ length, kinds: [kind] })
      }
      writeFileSync(volume, Buffer.concat([bytes, Buffer.alloc(1)]))
      await expectKinds(place, ['file-damaged'])
    })

    it('is refused with chunks in another order, and with the header of another file', async () => {
      const { place, volume, bytes } = copy()
      const chunk = (at: number) => startBytes(1) + at * sealedChunkBytes
      const swapped = Buffer.from(bytes)
      bytes.copy(swapped, chunk(1), chunk(2), chunk(3))
      bytes.copy(swapped, chunk(2), chunk(1), chunk(2))
      writeFileSync(volume, swapped)
      await expectKinds(place, ['file-damaged'])
      const second = folder.join('second')
      await writeBundle(options(second))
      const [other = ''] = volumesIn(second)
      const mixed = Buffer.from(bytes)
      readFileSync(other).copy(mixed, 0, 0, startBytes(1))
      writeFileSync(volume, mixed)
      await expectKinds(place, ['file-damaged'])
    })

    it.skipIf(!hasAge)('is refused when it was encrypted anew with other content', async () => {
      const { place, volume } = copy()
      const file = folder.join('known.txt')
      writeFileSync(file, identity, { mode: 0o600 })
      const tar = execFileSync('age', ['-d', '-i', file, volume], { maxBuffer: 2 ** 26 })
      const at = tar.indexOf('registry.example:8443/org/app:v1')
      tar.write('registry.example:8443/org/app:v2', at)
      const again = execFileSync('age', ['-r', recipient], { input: tar, maxBuffer: 2 ** 26 })
      writeFileSync(volume, again)
      await expectKinds(place, ['file-damaged'])
      await expect(openBundle([place], { keys, identities: [identity] })).rejects.toMatchObject({
        kind: 'list-swapped',
      })
    })
  })

  describe('that was broken off', () => {
    const kept = (): VolumeKeys & { readonly starts: Map<number, AgeStart> } => {
      const starts = new Map<number, AgeStart>()
      return {
        starts,
        find: (volume) => Promise.resolve(starts.get(volume)),
        put: (volume, start) => {
          starts.set(volume, start)
          return Promise.resolve()
        },
      }
    }
    const broken = async (to: string, encryption: Encryption, step: number) => {
      const volumeSize = parseVolumeSize('400K')
      let times = 0
      for (let most = 1; ; most += step) {
        const stop = new AbortController()
        let seen = 0
        const onProgress = () => {
          if (++seen >= most) stop.abort()
        }
        try {
          const more = { volumeSize, encryption, onProgress, signal: stop.signal }
          await writeBundle(options(to, more))
          return times
        } catch (error) {
          expect((error as Error).name).toBe('AbortError')
          times++
        }
      }
    }

    it('goes on with the same keys where it stopped', async () => {
      const to = folder.join('broken-kept')
      const keep = kept()
      const first = new Map<number, AgeStart>()
      const watched: VolumeKeys = {
        find: (volume) => keep.find(volume),
        put: (volume, start) => {
          expect(first.has(volume)).toBe(false)
          first.set(volume, start)
          return keep.put(volume, start)
        },
      }
      const times = await broken(to, { recipients: [recipient], keys: watched }, 25)
      expect(times).toBeGreaterThan(3)
      const report = await verifyBundle([to], { keys, identities: [identity] })
      expect(report).toMatchObject({ isComplete: true, faults: [] })
      for (const [volume, { bytes }] of first) {
        const file = `${to}/bundle-${plan.id}.vol-00${String(volume)}.tar.age`
        expect(readFileSync(file).subarray(0, bytes.length)).toEqual(bytes)
      }
    })

    it('begins the volume anew when nobody kept its keys', async () => {
      const to = folder.join('broken-lost')
      expect(await broken(to, { recipients: [recipient] }, 110)).toBeGreaterThan(1)
      const report = await verifyBundle([to], { keys, identities: [identity] })
      expect(report).toMatchObject({ isComplete: true, faults: [] })
    })

    it('begins the volume anew, under another key, when what lies there was changed', async () => {
      const to = folder.join('broken-changed')
      const keep = kept()
      const stop = new AbortController()
      let seen = 0
      const onProgress = () => {
        if (++seen > 200) stop.abort()
      }
      const encryption = { recipients: [recipient], keys: keep }
      const begun = writeBundle(options(to, { encryption, onProgress, signal: stop.signal }))
      await expect(begun).rejects.toThrow()
      const before = keep.starts.get(1)
      const growing = `${to}/bundle-${plan.id}.tar.age.writing`
      const bytes = readFileSync(growing)
      expect(bytes.length).toBeGreaterThan(startBytes(1) + 2 * sealedChunkBytes)
      bytes[startBytes(1) + sealedChunkBytes + 5] = 0
      bytes[startBytes(1) + sealedChunkBytes + 6] = 0
      writeFileSync(growing, bytes)
      await writeBundle(options(to, { encryption }))
      expect(keep.starts.get(1)?.key).not.toEqual(before?.key)
      const report = await verifyBundle([to], { keys, identities: [identity] })
      expect(report).toMatchObject({ isComplete: true, faults: [] })
    })
  })
})

describe('keys of age', () => {
  it('are refused by their reason, without being told', async () => {
    const secret = await newIdentity()
    for (const text of ['', '# nothing\n', 'AGE-SECRET-KEY-1ABC', `${secret}x`]) {
      const error = (() => {
        try {
          return parseIdentities(text)
        } catch (caught) {
          return caught
        }
      })()
      expect(error).toMatchObject({ kind: 'identity-invalid' })
      expect(String(error)).not.toContain(secret.slice(20))
    }
    const recipient = await recipientOf(secret)
    for (const text of ['', 'age1', 'ssh-ed25519 AAAA', recipient.replace(/.$/, '!'), secret]) {
      expect(() => parseRecipient(text)).toThrow(BundleFault)
    }
    expect(parseRecipients([recipient, `age:${recipient}`])).toEqual([recipient])
  })
})
