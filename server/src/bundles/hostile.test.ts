import { execFile, execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder, type TemporaryFolder } from '../../../test/support/temporary.ts'
import { BundleFault, type BundleFaultKind } from './bundle-fault.ts'
import { createSample, faultsOf, otherKey, readTree, testKey } from './bundle-suite.ts'
import { sha256Of } from './bundle-id.ts'
import { canonicalJson } from './canonical-json.ts'
import { signDetached } from './minisign.ts'
import { openBundle } from './open-bundle.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'

const keys = [testKey.publicKey]

describe('a bundle that somebody touched', () => {
  let folder: TemporaryFolder
  let original: string
  let split: string
  let count = 0

  beforeAll(async () => {
    folder = createTemporaryFolder('hostile')
    original = folder.join('original')
    split = folder.join('split')
    const { shelf, plan } = createSample(40_000)
    const options = { plan, source: shelf.source, signer: testKey }
    await writeBundle({ ...options, to: original })
    await writeBundle({ ...options, to: split, volumeSize: parseVolumeSize('80K') })
  })
  afterAll(async () => folder.remove())

  const copyOf = (from: string) => {
    const copy = folder.join(`copy-${String(count++)}`)
    cpSync(from, copy, { recursive: true })
    return copy
  }
  const put = (root: string, name: string, content: string | Buffer) => {
    mkdirSync(dirname(`${root}/${name}`), { recursive: true })
    writeFileSync(`${root}/${name}`, content)
  }
  const aBlob = () =>
    `blobs/sha256/${readdirSync(`${original}/blobs/sha256`).find((name) => readFileSync(`${original}/blobs/sha256/${name}`).length === 40_000) ?? ''}`
  const expectRefused = async (path: string, kind: BundleFaultKind, file?: string) => {
    const faults = await faultsOf([path])
    expect(faults.map((fault) => fault.kind)).toEqual([kind])
    if (file !== undefined) expect(faults[0]?.place.file).toBe(file)
    expect(faults[0]?.message).toContain(faults[0]?.next)
  }

  /** In a process of its own, which may use little memory and dies when it would use more. */
  const expectRefusedBySmallProcess = async (path: string, code: string) => {
    const program = `
      const [, url, path, key] = process.argv
      const { verifyBundle } = await import(url + '/verify-bundle.ts')
      const { parsePublicKey } = await import(url + '/minisign.ts')
      const { faults } = await verifyBundle([path], { keys: [parsePublicKey(key)] })
        .catch((error) => ({ faults: [error] }))
      console.log(faults.map((fault) => fault.code).join())`
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--max-old-space-size=64', '--input-type=module', '--eval', program],
      ...[import.meta.dirname, path, testKey.publicKey.text],
    ])
    expect(stdout.trim()).toBe(code)
  }

  it('is named by volume and file for every single bit that may flip', async () => {
    const volumes = readdirSync(split).sort()
    const files = volumes.flatMap((volume) =>
      [...readTree(`${split}/${volume}`)].map(([name, bytes]) => ({ volume, name, bytes })),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files.filter(({ bytes }) => bytes.length > 0)),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.nat(7),
        async ({ volume, name, bytes }, where, bit) => {
          const changed = Buffer.from(bytes)
          const at = Math.floor(where * bytes.length)
          changed[at] = (changed[at] ?? 0) ^ (1 << bit)
          writeFileSync(`${split}/${volume}/${name}`, changed)
          const faults = await faultsOf(volumes.map((one) => `${split}/${one}`))
          writeFileSync(`${split}/${volume}/${name}`, bytes)
          expect(faults.length).toBeGreaterThan(0)
          for (const { place } of faults) {
            expect(place.volume).toBe(Number(volume.slice(4)))
            const isSums = name === 'SHA256SUMS'
            if (!isSums) expect(place.file).toBe(name)
          }
        },
      ),
      { numRuns: 40, seed: 7 },
    )
    expect(await faultsOf([split])).toEqual([])
  })

  it('is refused with another key, without a signature and with another signature', async () => {
    const wrong = copyOf(original)
    const description = readFileSync(`${wrong}/mooring/manifest.json`)
    put(wrong, 'mooring/manifest.json.minisig', signDetached(description, otherKey, 'x'))
    await expectRefused(wrong, 'key-unknown')

    const stripped = copyOf(original)
    rmSync(`${stripped}/mooring/manifest.json.minisig`)
    await expectRefused(stripped, 'signature-missing')
    await expect(openBundle([stripped], { keys })).rejects.toThrow(/MOOR-BND-004/)

    const forged = copyOf(original)
    put(
      forged,
      'mooring/manifest.json',
      description.toString().replace('source.example', 'source.examplf'),
    )
    await expectRefused(forged, 'signature-wrong')
  })

  it('is refused with lists that were swapped for others', async () => {
    for (const list of ['entries.jsonl', 'blobs.jsonl']) {
      const swapped = copyOf(original)
      const file = `${swapped}/mooring/${list}`
      const lines = readFileSync(file, 'utf8').split('\n')
      writeFileSync(file, lines.slice(1).join('\n'))
      await expectRefused(swapped, 'list-swapped', `mooring/${list}`)
      await expect(openBundle([swapped], { keys })).rejects.toThrow(/MOOR-BND-009/)
    }
    const index = copyOf(original)
    put(index, 'index.json', '{"manifests":[],"schemaVersion":2}')
    await expectRefused(index, 'file-damaged', 'index.json')
    await expect(openBundle([index], { keys })).rejects.toThrow(/MOOR-BND-009/)
  })

  it('is refused with lists that are signed but make no sense', async () => {
    const resign = (change: (root: string) => void) => {
      const copy = copyOf(original)
      change(copy)
      const description = JSON.parse(readFileSync(`${copy}/mooring/manifest.json`, 'utf8')) as {
        files: Record<string, string>
      }
      for (const list of ['entries.jsonl', 'blobs.jsonl']) {
        description.files[list] = sha256Of(readFileSync(`${copy}/mooring/${list}`))
      }
      const bytes = Buffer.from(canonicalJson(description))
      put(copy, 'mooring/manifest.json', bytes)
      put(copy, 'mooring/manifest.json.minisig', signDetached(bytes, testKey, 'x'))
      return copy
    }
    const blobs = readFileSync(`${original}/mooring/blobs.jsonl`, 'utf8')
    const cases = [
      blobs.replace('sha256:', 'sha256:../'),
      blobs.replace('"volume":1', '"volume":2'),
      blobs.replace('"volume":1', '"volume":"all"'),
      blobs.replace('"volume":1', '"assumed":true,"volume":1'),
      blobs.replace('"volume":1', '"parts":[{"n":1,"offset":5,"sha256":"x","size":5,"volume":1}]'),
      blobs.split('\n').slice(1).join('\n'),
      [...blobs.split('\n').slice(1, 3), blobs].join('\n'),
      `${blobs}{`,
      `[${'['.repeat(100_000)}\n${blobs}`,
    ]
    for (const text of cases) {
      const copy = resign((root) => {
        put(root, 'mooring/blobs.jsonl', text)
      })
      await expectRefused(copy, 'list-invalid')
    }
    const long = resign((root) => {
      put(root, 'mooring/entries.jsonl', `"${'x'.repeat(5 * 2 ** 20)}"\n`)
    })
    await expectRefused(long, 'too-large')
  })

  it('is refused with a description that nests without end, whoever signed it', async () => {
    const copy = copyOf(original)
    const description = readFileSync(`${copy}/mooring/manifest.json`, 'utf8')
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    put(copy, 'mooring/manifest.json', description.replace('{', `{"a":${nested},`))
    for (const options of [{}, { keys }]) {
      await expect(openBundle([copy], options)).rejects.toBeInstanceOf(BundleFault)
    }
  })

  it('is refused with checksums that are no lines, too many or no text', async () => {
    const copy = copyOf(original)
    const sums = readFileSync(`${copy}/SHA256SUMS`, 'latin1')
    const [first = ''] = sums.split('\n')
    const cases = [
      sums.replaceAll('\n', '\r\n'),
      `\\${sums}`,
      sums.replace('README.txt', 'README\\ntxt'),
      sums.replace('README.txt', 'REÁDME.txt'),
      sums.replace('README.txt', '../README.txt'),
      `${sums}${first}\n`,
      `${sums}${'a'.repeat(64)}  blobs/sha256/${'a'.repeat(64)}\n`,
      'x'.repeat(100_000),
      '\0'.repeat(100_000),
      '',
    ]
    for (const text of cases) {
      put(copy, 'SHA256SUMS', Buffer.from(text, 'latin1'))
      await expectRefused(copy, 'file-damaged', 'SHA256SUMS')
    }
  })

  it('takes no more memory than its signed lists, whatever its checksums and lists are', async () => {
    // As text, or as one array of lines, either ends the process.
    const size = 16 * 2 ** 20
    const lines = copyOf(original)
    put(lines, 'SHA256SUMS', Buffer.alloc(size, '\n'))
    await expectRefusedBySmallProcess(lines, 'MOOR-BND-014')
    const list = copyOf(original)
    const line = `${readFileSync(`${list}/mooring/blobs.jsonl`, 'utf8').split('\n', 1)[0] ?? ''}\n`
    put(list, 'mooring/blobs.jsonl', line.repeat(Math.floor(size / line.length)))
    await expectRefusedBySmallProcess(list, 'MOOR-BND-009')
  })

  it('is refused with a file that is missing, short, long or more than was listed', async () => {
    const missing = copyOf(original)
    rmSync(`${missing}/${aBlob()}`)
    await expectRefused(missing, 'file-missing', aBlob())
    for (const size of [0, 39_999, 40_001]) {
      const cut = copyOf(original)
      truncateSync(`${cut}/${aBlob()}`, size)
      await expectRefused(cut, 'file-truncated', aBlob())
    }
    const more = copyOf(original)
    put(more, `blobs/sha256/${'a'.repeat(64)}`, 'more')
    await expectRefused(more, 'file-unexpected', `blobs/sha256/${'a'.repeat(64)}`)
    const unfinished = copyOf(original)
    rmSync(`${unfinished}/SHA256SUMS`)
    await expectRefused(unfinished, 'unfinished')
  })

  it('is refused with names that do not belong there', async () => {
    const cases: readonly (readonly [string, BundleFaultKind])[] = [
      ['run.sh', 'file-unexpected'],
      ['blobs/md5/abc', 'file-unexpected'],
      ['mooring/extra.json', 'file-unexpected'],
      ['MOORING/manifest.json', 'file-unexpected'],
      ['sha256sums', 'name-unsafe'],
      ['Index.json', 'name-unsafe'],
      [`blobs/sha256/${'A'.repeat(64)}`, 'name-unsafe'],
    ]
    for (const [name, kind] of cases) {
      const copy = copyOf(original)
      put(copy, name, 'x')
      await expectRefused(copy, kind)
      await expect(openBundle([copy], { keys })).rejects.toMatchObject({ kind })
    }
    const usual = copyOf(original)
    put(usual, '.Trash-1000/x', 'x')
    put(usual, 'System Volume Information/x', 'x')
    expect(await faultsOf([usual])).toEqual([])
  })

  it('is refused with links, pipes and folders where files belong', async () => {
    const secret = folder.join('secret')
    writeFileSync(secret, 'secret')
    const places: readonly ((root: string) => void)[] = [
      (root) => {
        rmSync(`${root}/${aBlob()}`)
        symlinkSync(secret, `${root}/${aBlob()}`)
      },
      (root) => {
        rmSync(`${root}/mooring/entries.jsonl`)
        symlinkSync(secret, `${root}/mooring/entries.jsonl`)
      },
      (root) => {
        rmSync(`${root}/blobs`, { recursive: true })
        symlinkSync(`${original}/blobs`, `${root}/blobs`)
      },
      (root) => {
        mkdirSync(`${root}/compat/quay.io/a`, { recursive: true })
        symlinkSync('/etc', `${root}/compat/quay.io/a/blobs`)
      },
      (root) => {
        rmSync(`${root}/${aBlob()}`)
        execFileSync('mkfifo', [`${root}/${aBlob()}`])
      },
      (root) => {
        rmSync(`${root}/${aBlob()}`)
        mkdirSync(`${root}/${aBlob()}`)
      },
    ]
    for (const change of places) {
      const copy = copyOf(original)
      change(copy)
      const faults = await faultsOf([copy])
      expect(faults.length).toBeGreaterThan(0)
      await expect(openBundle([copy], { keys })).rejects.toBeInstanceOf(BundleFault)
    }
  })

  it('is refused when volumes of two bundles are mixed', async () => {
    const { shelf, plan } = createSample(40_000)
    const other = folder.join('other')
    const id = '01JD0000000000000000000K31'
    await writeBundle({ plan: { ...plan, id }, source: shelf.source, to: other, signer: testKey })
    const faults = await faultsOf([`${split}/vol-001`, other])
    expect(faults.map(({ kind }) => kind)).toEqual(['volumes-differ'])
  })

  it('is not found where there is none', async () => {
    for (const path of [folder.path, folder.join('nowhere'), `${folder.path}\0`, '/dev/null']) {
      const kinds = (await faultsOf([path])).map(({ kind }) => kind)
      expect(kinds).toEqual(['not-a-bundle'])
    }
  })
})
