import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientHome, startClientBench, type ClientBench } from '../support/client-bench.ts'
import { digestOf, randomBytesOf } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'

interface Discovered {
  readonly digest: string
  readonly artifactType: string
  readonly referrers?: readonly Discovered[]
}

describe.skipIf(!hasPrograms('oras'))('oras', () => {
  let bench: ClientBench
  const oras = async (...args: string[]) => (await bench.run('oras', args)).trim()
  const write = (name: string, content: string | Uint8Array) => {
    writeFileSync(bench.folder.join(name), content)
    return digestOf(content)
  }
  const discover = async (...args: string[]) => {
    const found = JSON.parse(await oras('discover', '--format', 'json', ...args)) as Discovered
    return (found.referrers ?? []).map(({ digest, artifactType }) => ({ digest, artifactType }))
  }

  beforeAll(async () => {
    bench = await startClientBench()
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('logs in', async () => {
    const { registry } = bench
    await using home = createClientHome([registry], { signedIn: false })
    const account = ['--username', registry.username, '--password-stdin']
    const said = await home.run('oras', ['login', registry.host, ...account], {
      input: registry.password,
    })
    expect(said).toContain('Login Succeeded')
  })

  it('is told that the password is wrong', async () => {
    const { host, username, password } = await bench.forgetful()
    await using home = createClientHome([bench.registry], { signedIn: false })
    const login = ['login', host, '--username', username, '--password-stdin']
    const refused = await home.attempt('oras', login, { input: password })
    expect(refused.code).not.toBe(0)
    expect(refused.stderr).toMatch(/401|unauthorized/i)
  })

  it('pushes files as an artifact and pulls the same files', async () => {
    const digest = write('notes.bin', randomBytesOf('oras', 3_000_000))
    write('empty.txt', '')
    const type = ['--artifact-type', 'application/vnd.test.notes']
    await oras('push', ...type, bench.image('oras-push:v1'), 'notes.bin:text/plain', 'empty.txt')
    await oras('pull', '--output', 'pulled', bench.image('oras-push:v1'))
    expect(digestOf(readFileSync(bench.folder.join('pulled/notes.bin')))).toBe(digest)
    expect(readFileSync(bench.folder.join('pulled/empty.txt'), 'utf8')).toBe('')
    const { artifactType } = JSON.parse(
      await oras('manifest', 'fetch', bench.image('oras-push:v1')),
    ) as { artifactType: string }
    expect(artifactType).toBe('application/vnd.test.notes')
  })

  it('attaches artifacts and finds them again, by type as well', async () => {
    write('subject.txt', 'subject')
    const subject = bench.image('oras-attach:v1')
    await oras('push', '--artifact-type', 'application/vnd.test.subject', subject, 'subject.txt')
    for (const kind of ['sbom', 'scan']) {
      write(`${kind}.json`, JSON.stringify({ kind }))
      const type = ['--artifact-type', `application/vnd.test.${kind}`]
      await oras('attach', ...type, '--annotation', `kind=${kind}`, subject, `${kind}.json`)
    }
    const all = await discover(subject)
    expect(all.map(({ artifactType }) => artifactType).sort()).toEqual([
      'application/vnd.test.sbom',
      'application/vnd.test.scan',
    ])
    const sboms = await discover('--artifact-type', 'application/vnd.test.sbom', subject)
    expect(sboms).toHaveLength(1)

    const sbom = `${bench.image('oras-attach')}@${sboms[0]?.digest ?? ''}`
    await oras('pull', '--output', 'referrer', sbom)
    expect(readFileSync(bench.folder.join('referrer/sbom.json'), 'utf8')).toBe('{"kind":"sbom"}')
  })

  it('copies an artifact with all that refers to it', async () => {
    write('copied.txt', 'copied')
    const subject = bench.image('oras-from:v1')
    const type = (name: string) => ['--artifact-type', `application/vnd.test.${name}`]
    await oras('push', ...type('subject'), subject, 'copied.txt')
    await oras('attach', ...type('first'), subject, 'copied.txt')
    const [first] = await discover(subject)
    const nested = `${bench.image('oras-from')}@${first?.digest ?? ''}`
    await oras('attach', ...type('second'), nested, 'copied.txt')

    await oras('cp', '--recursive', subject, bench.image('oras-to:v1'))
    expect(await bench.digestAt('oras-to', 'v1')).toBe(await bench.digestAt('oras-from', 'v1'))
    expect(await discover(bench.image('oras-to:v1'))).toEqual([first])
    const copied = `${bench.image('oras-to')}@${first?.digest ?? ''}`
    expect(await discover(copied)).toEqual(await discover(nested))
  })

  it('tags, lists, resolves and deletes', async () => {
    write('tagged.txt', 'tagged')
    const name = bench.image('oras-tags')
    await oras('push', '--artifact-type', 'application/vnd.test.tagged', `${name}:v1`, 'tagged.txt')
    await oras('tag', `${name}:v1`, 'v2', 'latest')
    const tags = await oras('repo', 'tags', name)
    expect(tags.split('\n').sort()).toEqual(['latest', 'v1', 'v2'])
    const digest = await oras('resolve', `${name}:v2`)
    expect(digest).toBe(await bench.digestAt('oras-tags', 'v1'))

    await oras('manifest', 'delete', '--force', `${name}@${digest}`)
    const { code, stderr } = await bench.attempt('oras', ['resolve', `${name}:v1`])
    expect(code).not.toBe(0)
    expect(stderr).toMatch(/not found/)
  })

  it('pushes and fetches single blobs and manifests', async () => {
    const digest = write('blob.bin', randomBytesOf('single blob', 100_000))
    const name = bench.image('oras-blob')
    await oras('blob', 'push', name, 'blob.bin')
    await oras('blob', 'fetch', '--output', 'fetched.bin', `${name}@${digest}`)
    expect(digestOf(readFileSync(bench.folder.join('fetched.bin')))).toBe(digest)

    await oras('blob', 'push', name, write('config.json', '{}') && 'config.json')
    const descriptor = { mediaType: 'application/x.test', digest, size: 100_000 }
    const config = { mediaType: 'application/x.config', digest: digestOf('{}'), size: 2 }
    const manifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config,
      layers: [descriptor],
      'x-own-field': { kept: ['exactly', 1.0] },
    })
    write('manifest.json', manifest)
    await oras('manifest', 'push', `${name}:v1`, 'manifest.json')
    expect(await oras('manifest', 'fetch', `${name}:v1`)).toBe(manifest)
  })
})
