import { execFileSync } from 'node:child_process'
import {
  cpSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTar } from '../../../test/support/tar.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import type { BundleFaultKind } from './bundle-fault.ts'
import { createSample, faultsOf, readTree, testKey } from './bundle-suite.ts'
import { writeBundle } from './write-bundle.ts'

describe('a bundle as a tar that somebody touched', () => {
  let folder: TemporaryFolder
  let original: string
  let count = 0

  beforeAll(async () => {
    folder = createTemporaryFolder('hostile-tar')
    original = folder.join('original')
    const { shelf, plan } = createSample(40_000)
    await writeBundle({ plan, source: shelf.source, signer: testKey, to: original })
  })
  afterAll(async () => folder.remove())

  const copyOf = (from: string) => {
    const copy = folder.join(`copy-${String(count++)}`)
    cpSync(from, copy, { recursive: true })
    return copy
  }
  const expectRefused = async (path: string, kind: BundleFaultKind, file?: string) => {
    const faults = await faultsOf([path])
    expect(faults[0]?.kind).toBe(kind)
    if (file !== undefined) expect(faults[0]?.place.file).toBe(file)
  }

  const tarOf = (change: (files: Map<string, Buffer>) => void = () => undefined) => {
    const files = new Map(readTree(original))
    change(files)
    // The builder knows short names only, which is all that a tar of GNU has here.
    const entries = [...files].filter(([name]) => name.length < 100)
    const file = folder.join(`${String(count++)}.tar`)
    writeFileSync(file, createTar(entries.map(([name, content]) => ({ name, content }))))
    return file
  }
  const gnuTar = (root: string, ...args: string[]) => {
    const file = folder.join(`${String(count++)}.tar`)
    execFileSync('tar', ['-cf', file, '-C', root, ...args])
    return file
  }

  it('is read as GNU tar writes it', async () => {
    expect(await faultsOf([gnuTar(original, '.')])).toEqual([])
    expect(await faultsOf([gnuTar(original, ...readdirSync(original))])).toEqual([])
  })

  it('is refused with links, ways out and names that come twice', async () => {
    const linked = copyOf(original)
    symlinkSync('/etc/passwd', `${linked}/link`)
    await expectRefused(gnuTar(linked, '.'), 'file-kind', 'link')
    const outside = gnuTar(
      original,
      '--transform',
      's,^README,../../README,',
      ...readdirSync(original),
    )
    expect((await faultsOf([outside])).map(({ kind }) => kind)).toContain('name-unsafe')
    const absolute = gnuTar(
      original,
      '-P',
      '--transform',
      's,^README,/README,',
      ...readdirSync(original),
    )
    expect((await faultsOf([absolute])).map(({ kind }) => kind)).toContain('name-unsafe')
    const twice = gnuTar(original, '--hard-dereference', ...readdirSync(original), 'README.txt')
    expect((await faultsOf([twice])).map(({ kind }) => kind)).toContain('name-unsafe')
  })

  it('is refused when it is compressed, cut, or no tar at all', async () => {
    const sound = readFileSync(gnuTar(original, '.'))
    const cases: readonly (readonly [Buffer, BundleFaultKind])[] = [
      [gzipSync(sound), 'tar-invalid'],
      [Buffer.alloc(3000, 'x'), 'tar-invalid'],
      [Buffer.alloc(0), 'tar-invalid'],
      [sound.subarray(0, 512), 'tar-invalid'],
      [Buffer.alloc(1024), 'not-a-bundle'],
    ]
    for (const [bytes, kind] of cases) {
      const file = folder.join(`${String(count++)}.tar`)
      writeFileSync(file, bytes)
      await expectRefused(file, kind)
    }
    expect((await faultsOf([tarOf()])).map(({ kind }) => kind)).toEqual(['file-missing'])
  })

  it('never fails in another way, whatever the bytes are', async () => {
    const sound = readFileSync(gnuTar(original, '.'))
    const file = folder.join('fuzz.tar')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.option(fc.nat(sound.length)),
        async (changes, length) => {
          const bytes = Buffer.from(sound)
          for (const [at, value] of changes) bytes[at - (at % 512) + (at % 160)] = value
          writeFileSync(file, bytes.subarray(0, length ?? undefined))
          // Anything but a fault would be thrown on.
          await faultsOf([file])
        },
      ),
      { numRuns: 40, seed: 3 },
    )
  })

  /** A file more than the bundle has, at the front of the tar, as a tar tool would never write it. */
  const withEntry = (...blocks: readonly Buffer[]) => {
    const file = folder.join(`${String(count++)}.tar`)
    writeFileSync(file, Buffer.concat([...blocks, readFileSync(gnuTar(original, '.'))]))
    return file
  }

  it('is refused with every kind of file that is none', async () => {
    // Hard link, link, devices, pipe, contiguous, sparse, of several volumes, a label.
    for (const type of '1234567SMV') {
      const faults = await faultsOf([withEntry(header({ name: 'README.txt', type }))])
      // One that is read as a file is there twice.
      expect(['file-kind', 'name-unsafe'], type).toContain(faults[0]?.kind)
    }
  })

  it('is refused with names of other headers that lead elsewhere or clash', async () => {
    const cases: readonly (readonly [string, BundleFaultKind])[] = [
      ['../../etc/passwd', 'name-unsafe'],
      ['/etc/passwd', 'name-unsafe'],
      ['mooring\\manifest.json', 'name-unsafe'],
      ['blobs//sha256', 'name-unsafe'],
      ['./../x', 'name-unsafe'],
      ['INDEX.JSON', 'name-unsafe'],
      ['README.txt', 'name-unsafe'],
      ['READMÉ.txt', 'file-unexpected'],
      ['README.txt\u0301', 'file-unexpected'],
      ['README.txt\u200b', 'file-unexpected'],
      ['x'.repeat(5_000), 'file-unexpected'],
    ]
    for (const [name, kind] of cases) {
      const pax = paxHeader({ path: name })
      const long = Buffer.concat([header({ name: '././@LongLink', type: 'L', body: `${name}\0` })])
      for (const before of [pax, long]) {
        await expectRefused(withEntry(before, header({ name: 'plain', body: 'x' })), kind)
      }
    }
  })

  it('is refused with lengths that are none, or more than there is', async () => {
    const cases: readonly (readonly [string, BundleFaultKind])[] = [
      ['9007199254740993', 'tar-invalid'],
      ['1e30', 'tar-invalid'],
      // No length at all: the other header says it, and the name is there twice.
      ['-512', 'name-unsafe'],
      ['99999999999', 'file-truncated'],
    ]
    for (const [size, kind] of cases) {
      await expectRefused(withEntry(paxHeader({ size }), header({ name: 'index.json' })), kind)
    }
    const huge = header({ name: 'index.json' })
    huge.fill(0xff, 124, 136).writeUInt8(0x80, 124)
    expect((await faultsOf([withEntry(signed(huge))])).map(({ kind }) => kind)).toEqual([
      'tar-invalid',
    ])
    const endless = header({ name: 'pax', type: 'x' })
    endless.write('00004000000\0', 124)
    const file = withEntry(signed(endless))
    truncateSync(file, 2 ** 30)
    await expectRefused(file, 'tar-invalid')
  })
})

interface TarHeader {
  readonly name: string
  readonly type?: string
  readonly body?: string
}

function header({ name, type = '0', body = '' }: TarHeader): Buffer {
  const tar = createTar([{ name, content: body }])
  const bytes = tar.subarray(0, tar.length - 1024)
  bytes.write(type, 156)
  return signed(bytes)
}

/** With the sum of the header as it is now. */
function signed(bytes: Buffer): Buffer {
  bytes.fill(' ', 148, 156)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return bytes
}

function paxHeader(fields: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries(fields).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`
    const bytes = Buffer.byteLength(rest)
    const length = bytes + String(bytes + String(bytes).length).length
    return `${String(length)}${rest}`
  })
  return header({ name: 'PaxHeader/x', type: 'x', body: lines.join('') })
}
