import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createShelf, planOf, rootEntry, testKey } from './bundle-suite.ts'
import { publicKeyFile } from './minisign.ts'
import { parseVolumeSize } from './volume-size.ts'
import { writeBundle } from './write-bundle.ts'
import { parseDigest } from '../storage/digest.ts'
import { createClientHome, type ClientHome } from '../../../test/support/client-bench.ts'
import {
  createArtifact,
  createContent,
  createOpaqueImage,
  digestOf,
  type Content,
} from '../../../test/support/content.ts'
import { startPeerRegistry, type PeerRegistry } from '../../../test/support/peer-registry.ts'
import { hasPrograms } from '../../../test/support/programs.ts'
import { createMultiArchImage } from '../../../test/support/sample-images.ts'

// Layers that are no archives would be compressed on the way.
const exactly = ['--preserve-digests']
const name = 'registry.example:8443/org/app:v1'

/** An image with a signature, and an index of which one platform stays behind. */
function createBundleContent() {
  const shelf = createShelf()
  const image = shelf.addImage(createOpaqueImage('bundle', [300_000, 5000]))
  const signature = shelf.addImage(
    createArtifact({
      artifactType: 'application/vnd.example.signature',
      subject: image,
      layers: [createContent('signed')],
    }),
  )
  const whole = createMultiArchImage('whole')
  for (const one of whole.images) shelf.addImage(one)
  shelf.add(whole.index, 'manifest')
  const sparse = createMultiArchImage('sparse')
  const [kept, absent] = sparse.images
  if (kept === undefined || absent === undefined) throw new Error('two platforms are expected')
  shelf.addImage(kept)
  shelf.add(sparse.index, 'manifest')
  const plan = planOf(shelf, [
    rootEntry(name, image, { referrers: 1 }),
    rootEntry('quay.io/org/multi:v1', whole.index),
    rootEntry('quay.io/org/sparse:v1', sparse.index, {
      platforms: { kept: ['linux/amd64'], missing: ['linux/arm64/v8'] },
      absent: [parseDigest(absent.manifest.digest)],
    }),
    rootEntry(`registry.example:8443/org/app@${signature.digest}`, signature, {
      role: 'referrer',
      subject: parseDigest(image.digest),
    }),
  ])
  return { shelf, plan, image, signature, whole, kept }
}

for (const program of ['skopeo', 'docker-registry', 'minisign', 'oras', 'crane']) {
  if (!hasPrograms(program)) {
    process.stdout.write(
      `bundles in other clients are left out in part: ${program} is not installed\n`,
    )
  }
}

describe.skipIf(!hasPrograms('skopeo', 'docker-registry'))('a bundle without Mooring', () => {
  let peer: PeerRegistry
  let home: ClientHome
  let bundle: string
  const content = createBundleContent()
  const target = (path: string) => `${peer.host}/${path}`
  const expectThere = async (repository: string, reference: string, { digest }: Content) => {
    const found = await peer.client().getManifest(repository, reference)
    expect(found.status).toBe(200)
    expect(digestOf(found.body)).toBe(digest)
  }

  beforeAll(async () => {
    peer = await startPeerRegistry()
    home = createClientHome([peer])
    bundle = home.folder.join('bundle')
    const { shelf, plan } = content
    const options = { plan, source: shelf.source, signer: testKey }
    await writeBundle({ ...options, to: bundle, compatIndex: true })
    const volumeSize = parseVolumeSize('200K')
    await writeBundle({ ...options, to: home.folder.join('split'), volumeSize })
  })
  afterAll(async () => {
    await home[Symbol.asyncDispose]()
    await peer[Symbol.asyncDispose]()
  })

  it('is loaded by skopeo, under its full names', async () => {
    const from = (reference: string) => `oci:${bundle}:${reference}`
    await home.run('skopeo', [
      'copy',
      ...exactly,
      '--all',
      from(name),
      `docker://${target('org/app:v1')}`,
    ])
    await expectThere('org/app', 'v1', content.image)
    const multi = 'quay.io/org/multi:v1'
    await home.run('skopeo', [
      'copy',
      ...exactly,
      '--all',
      from(multi),
      `docker://${target('org/multi:v1')}`,
    ])
    await expectThere('org/multi', 'v1', content.whole.index)
  })

  it('gives one platform of an image that is there in part, as its README says', async () => {
    const platform = ['--override-os', 'linux', '--override-arch', 'amd64']
    const from = `oci:${bundle}:quay.io/org/sparse:v1`
    await home.run('skopeo', [...platform, 'copy', from, `docker://${target('org/sparse:v1')}`])
    await expectThere('org/sparse', 'v1', content.kept.manifest)
  })

  it('is loaded from volumes that were copied together', async () => {
    const cwd = home.folder.join('split')
    expect(readdirSync(cwd).length).toBeGreaterThan(1)
    const readme = readFileSync(`${cwd}/vol-001/README.txt`, 'utf8')
    const commands = /^ {2}mkdir whole;[^]*?^ {2}done$/m.exec(readme)?.[0] ?? ''
    const together = commands
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .join('\n')
    expect(together).toContain('part-0001')
    execFileSync('sh', ['-c', together], { cwd, stdio: 'pipe' })
    const from = `oci:${cwd}/whole:${name}`
    await home.run('skopeo', ['copy', ...exactly, from, `docker://${target('org/joined:v1')}`])
    await expectThere('org/joined', 'v1', content.image)
  })

  it.skipIf(!hasPrograms('minisign'))('is verified by minisign, volume by volume', async () => {
    const key = home.folder.join('sender.pub')
    writeFileSync(key, publicKeyFile(testKey.publicKey))
    for (const folder of ['bundle', 'split/vol-001', 'split/vol-002']) {
      const cwd = home.folder.join(folder)
      await home.run('minisign', ['-V', '-p', key, '-m', 'mooring/manifest.json'], { cwd })
      await home.run('sha256sum', ['--quiet', '-c', 'SHA256SUMS'], { cwd })
    }
  })

  it.skipIf(!hasPrograms('oras'))('is loaded by oras, with the signature', async () => {
    const from = ['--from-oci-layout-path', bundle, name]
    await home.run('oras', ['cp', '-r', ...from, target('org/signed:v1')])
    await expectThere('org/signed', 'v1', content.image)
    await expectThere('org/signed', content.signature.digest, content.signature)
  })

  it.skipIf(!hasPrograms('crane'))('is loaded by crane, by way of short names', async () => {
    const layout = `${bundle}/compat/quay.io/org/multi`
    await home.run('crane', ['push', '--index', layout, target('org/crane:v1')])
    const child = content.whole.index
    await expectThere('org/crane', child.digest, child)
  })
})
