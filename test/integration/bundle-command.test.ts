import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { createOpaqueImage } from '../support/content.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const env = { PATH: process.env['PATH'] ?? '' }
const folder = createTemporaryFolder('bundle-command')
const at = (...names: string[]) => folder.join(...names)
let source: TestServer
let target: TestServer

beforeAll(async () => {
  ;[source, target] = await Promise.all([startTestServer(), startTestServer()])
  const client = source.client()
  await client.pushImage('quay/app', 'v1', createOpaqueImage('app', [60_000]))
  const parts = ['bundle', 'create', 'quay/app']
  await source.mooring(parts, ['--to', at('first'), '--stream', 'site'])
  await client.pushImage('quay/app', 'v2', createOpaqueImage('app', [60_000, 9_000]))
  const { id } = JSON.parse(await readFile(at('first/mooring/manifest.json'), 'utf8')) as {
    id: string
  }
  await source.mooring(parts, ['--to', at('second'), '--since', `bundle:${id}`])
})
afterAll(async () => {
  await source.stop()
  await target.stop()
  await folder.remove()
})

async function json(server: TestServer, ...args: string[]): Promise<Record<string, unknown>> {
  const text = await server.mooring(['bundle', ...args], ['--json'])
  // One object on one line, and nothing else.
  expect(text.trimEnd()).not.toContain('\n')
  return JSON.parse(text) as Record<string, unknown>
}
const attempt = (server: TestServer, ...args: string[]) =>
  server.tryMooring(['bundle', ...args], ['--json'])

describe('mooring bundle', () => {
  it('fails with exit code 1 and says why on standard error alone', async () => {
    const refusals = await Promise.all([
      attempt(source, 'plan'),
      attempt(source, 'plan', 'quay/none'),
      attempt(source, 'plan', 'quay/app', '--since', 'yesterday'),
      attempt(source, 'create', 'quay/app', '--to', at('odd'), '--volume-size', 'floppy'),
      attempt(source, 'plan', '--list', at('no-such-file')),
      attempt(target, 'receipt', '--summary'),
      attempt(target, 'request', '01JD0000000000000000000K30'),
      attempt(target, 'trust', 'remove', '0123456789ABCDEF'),
      attempt(target, 'import', at('first')),
      attempt(target, 'import', at('no-such-folder')),
    ])
    expect(refusals.map(({ code, stdout }) => ({ code, stdout }))).toEqual(
      refusals.map(() => ({ code: 1, stdout: '' })),
    )
    const said = [
      'name images, or a file with --list or --for',
      'quay/none: No repository has this name.',
      '--since is',
      'MOOR-BND-',
      'no-such-file cannot be read',
      'no bundle came in yet',
      'no import lacked anything of the bundle 01JD0000000000000000000K30',
      'no key 0123456789ABCDEF is trusted',
      'MOOR-BND-006',
      'MOOR-BND-001',
    ]
    for (const [number, text] of said.entries()) expect(refusals[number]?.stderr).toContain(text)
    expect(await readdir(folder.path)).not.toContain('odd')
  })

  it('trusts keys, and no more once they are removed', async () => {
    const { own } = await json(source, 'trust', 'list')
    const { publicKey, keyId } = own as { publicKey: string; keyId: string }
    await writeFile(at('source.pub'), publicKey)
    const added = await json(target, 'trust', 'add', at('source.pub'), '--name', 'the source')
    expect(added).toMatchObject({ keyId, name: 'the source' })
    expect(await json(target, 'trust', 'remove', keyId.toLowerCase())).toBeDefined()
    expect(await json(target, 'trust', 'list')).toMatchObject({ anchors: [] })
    await json(target, 'trust', 'add', at('source.pub'))
  })

  it('tells with exit code 1 that a base is missing, and writes the request', async () => {
    const lacking = await attempt(target, 'import', at('second'))
    expect(lacking.code).toBe(1)
    const { bundle_id: id, missing } = JSON.parse(lacking.stdout) as {
      bundle_id: string
      missing: number
    }
    expect(missing).toBe(1)
    expect(lacking.stderr).toContain(`mooring bundle request ${id} > request.json`)
    const [listed, request] = await Promise.all([
      json(target, 'request'),
      target.mooring(['bundle', 'request', id]),
    ])
    expect(listed).toMatchObject({ requests: [{ bundle_id: id, missing: 1 }] })
    await writeFile(at('request.json'), request)
    const repair = await json(source, 'plan', '--for', at('request.json'))
    expect(repair).toMatchObject({ images: 2, base: { kind: 'bundle' }, fits: true })
  })

  it('tries an import before it is done, and writes down what was done', async () => {
    const tried = await json(target, 'import', at('first'), '--dry-run')
    expect(tried).toMatchObject({ dry_run: true, changes: { repositories_new: ['quay/app'] } })
    expect((await target.client().getManifest('quay/app', 'v1')).status).toBe(404)
    const done = await json(target, 'import', at('first'))
    expect(done).toMatchObject({ dry_run: false, missing: 0, changes: { tags: { new: 1 } } })
    const [log, receipt, summary] = await Promise.all([
      json(target, 'log'),
      json(target, 'receipt', '--out', at('site.receipt')),
      json(target, 'receipt', '--summary'),
    ])
    expect(log).toMatchObject({
      entries: [
        { direction: 'in', outcome: 'done', bundle_id: done['bundle_id'] },
        { direction: 'in', outcome: 'incomplete' },
      ],
    })
    expect(receipt).toMatchObject({ file: at('site.receipt') })
    expect(summary).toEqual({ summary: done['bundle_id'] })
    // Whoever types it may use small letters.
    const typed = String(done['bundle_id']).toLowerCase()
    const taken = await json(source, 'receipt', '--add-summary', typed)
    expect(taken).toMatchObject({ id: done['bundle_id'], site: 'site' })
  })

  it('tells with exit code 1 that a bundle is damaged, and where', async () => {
    const blobs = await readdir(at('first/blobs/sha256'))
    const sizes = await Promise.all(
      blobs.map(async (name) => ({ name, bytes: await readFile(at('first/blobs/sha256', name)) })),
    )
    const large = sizes.find(({ bytes }) => bytes.length === 60_000)
    const file = join('blobs/sha256', large?.name ?? '')
    const turned = Buffer.from(large?.bytes ?? '')
    turned.writeUInt8(turned.readUInt8(0) ^ 1, 0)
    await writeFile(at('first', file), turned)
    // Needs no registry.
    const verify = ['bundle', 'verify', at('first'), '--json']
    const { code, stdout } = await tryProgram(process.execPath, [mooring, ...verify], { env })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ is_sound: false, faults: [{ code: 'MOOR-BND-014', file }] },
    })
  })
})

const medium = at('medium')
await mkdir(medium)
const mounted = await tryProgram('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', medium], {
  env,
})
if (mounted.code !== 0) {
  process.stdout.write(`bundles on a small medium are left out: ${mounted.stderr.trim()}\n`)
}

describe.runIf(mounted.code === 0)('a medium that is too small for a bundle', () => {
  afterAll(async () => {
    await tryProgram('umount', [medium], { env })
  })

  it('is told by the plan, with exit code 3', async () => {
    const [planned, told, written] = await Promise.all([
      attempt(source, 'plan', 'quay/app', '--to', medium),
      source.tryMooring(['bundle', 'plan', 'quay/app', '--to', medium]),
      attempt(source, 'create', 'quay/app', '--to', join(medium, 'bundle')),
    ])
    expect(planned).toMatchObject({ code: 3, stderr: '' })
    expect(JSON.parse(planned.stdout)).toMatchObject({ fits: false, free_bytes: 32_768 })
    expect(told.code).toBe(3)
    expect(told.stdout).toContain('It does not fit')
    expect(written).toMatchObject({ code: 1, stdout: '' })
    expect(written.stderr).toContain('MOOR-BND-')
  })
})
