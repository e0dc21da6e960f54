import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClientHome } from '../support/client-bench.ts'
import { tryProgram } from '../support/cli.ts'
import { createImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { requireStock, stockRegistry, type Stock } from '../support/stocked-registry.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

const mooring = join(projectRoot, 'server/bin/mooring.js')
const folder = createTemporaryFolder('backup')
const target = folder.join('backups')
const env = { PATH: process.env['PATH'] ?? '' }
const ada = { username: 'ada', password: '' }
let server: TestServer
let stock: Stock

interface Created {
  readonly id: string
  readonly previous: string | null
  readonly content: { readonly blobs: number; readonly newBlobs: number } | null
}

const create = async (to: string, args: readonly string[] = []) =>
  JSON.parse(await server.mooring(['backup', 'create'], [to, '--json', ...args])) as Created

const attempt = (...args: readonly string[]) =>
  tryProgram(process.execPath, [mooring, 'backup', ...args], { env, cwd: folder.path })

async function run(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await attempt(...args)
  if (code !== 0) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

beforeAll(async () => {
  server = await startTestServer()
  stock = await stockRegistry(server.client(), 'quay/stock')
  const { password } = JSON.parse(await server.mooring(['user', 'add'], ['ada', '--json'])) as {
    password: string
  }
  ada.password = password
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

describe('a backup', () => {
  it('of a running registry, restored elsewhere, serves everything to everybody', async () => {
    const { content, previous } = await create(target)
    expect(previous).toBeNull()
    expect(content?.blobs).toBe(stock.blobs.length)
    expect(statSync(target).mode & 0o777).toBe(0o700)

    const dataDir = folder.join('elsewhere')
    await run('restore', target, '--data', dataDir)
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
    await restored.client().pushImage('quay/after', 'v1', createImage())
    const api = await restored.signedIn(ada)
    expect(await api.get('/api/v1/user/')).toMatchObject({ username: 'ada' })
    expect(readFileSync(restored.caFile)).toEqual(readFileSync(server.caFile))
  })

  it.skipIf(!hasPrograms('skopeo'))('is pulled by digest with skopeo once restored', async () => {
    const dataDir = folder.join('for-skopeo')
    await run('restore', target, '--data', dataDir)
    await using restored = await startTestServer({ dataDir })
    await using home = createClientHome([restored])
    for (const { digest } of stock.manifests) {
      const from = `docker://${restored.host}/${stock.repository}@${digest}`
      await home.run('skopeo', ['copy', '--all', from, `dir:${home.folder.join('pulled')}`])
    }
  })

  it('copies only what is new, and earlier ones stay whole', async () => {
    const image = createImage({ layers: [[{ name: 'more', content: 'more\n' }]] })
    await server.client().pushImage('quay/more', 'v1', image)
    const first = JSON.parse(await run('list', target, '--json')) as { backups: { id: string }[] }
    const { content, previous, id } = await create(target)
    expect(previous).toBe(first.backups.at(-1)?.id)
    expect(content?.newBlobs).toBe(2)
    expect(content?.blobs).toBe(stock.blobs.length + 2)

    for (const one of [first.backups[0]?.id ?? '', id]) {
      expect(await run('verify', `${target}/backups/${one}`)).toContain('is sound')
    }
    const dataDir = folder.join('earlier')
    await run('restore', `${target}/backups/${first.backups[0]?.id ?? ''}`, '--data', dataDir)
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
    expect((await restored.client().getManifest('quay/more', 'v1')).status).toBe(404)
  })

  it('keeps after pruning what the kept ones need, and nothing else', async () => {
    const place = folder.join('pruned')
    const image = createImage({ layers: [[{ name: 'gone', content: 'gone soon\n' }]] })
    await server.client().pushImage('quay/gone', 'v1', image)
    await create(place)
    const api = await server.signedIn()
    await api.delete('/api/v1/repository/quay/gone')
    const latest = await create(place, ['--no-content'])
    const blobs = () => readdirSync(join(place, 'blobs/sha256'), { recursive: true }).length
    const before = blobs()
    const kept = JSON.parse(await run('prune', place, '--keep', '2', '--json')) as object
    expect(kept).toMatchObject({ removed: [], blobs: 0 })
    expect(blobs()).toBe(before)
    expect(JSON.parse(await run('prune', place, '--keep', '1', '--json'))).toMatchObject({
      kept: [latest.id],
      blobs: expect.any(Number) as number,
    })
    expect(readdirSync(join(place, 'backups'))).toEqual([latest.id])
    expect(await run('verify', place)).toContain('is sound')
  })

  it('with a passphrase gives nothing away, and asks for it', async () => {
    const place = folder.join('sealed')
    const secret = folder.join('passphrase')
    writeFileSync(secret, 'correct horse battery staple\n')
    const { id } = await create(place, ['--passphrase-file', secret])
    const config = readFileSync(join(place, 'backups', id, 'config/config.yaml.sealed'))
    expect(config.includes('SECRET_KEY')).toBe(false)
    expect((await attempt('restore', place, '--data', folder.join('no'))).stderr).toContain(
      'MOOR-BAK-005',
    )
    const wrong = folder.join('wrong')
    writeFileSync(wrong, 'incorrect\n')
    const denied = await attempt(
      ...['restore', place, '--data', folder.join('no'), '--passphrase-file', wrong],
    )
    expect(denied.code).toBe(1)
    expect(denied.stderr).toContain('MOOR-BAK-006')
    expect(await run('verify', place, '--passphrase-file', secret)).toContain('is sound')
    const dataDir = folder.join('opened')
    await run('restore', place, '--data', dataDir, '--passphrase-file', secret)
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
  })

  it('says that it is not sealed', async () => {
    const text = await server.mooring(['backup', 'create'], [folder.join('plain'), '--no-content'])
    expect(text).toContain('Not encrypted')
  })

  it('does not replace what is there unless it is told to', async () => {
    const dataDir = folder.join('taken')
    const other = await startTestServer({ dataDir })
    await other
      .client()
      .pushImage('quay/other', 'v1', createImage({ layers: [[{ name: 'o', content: 'other' }]] }))
    expect((await attempt('restore', target, '--data', dataDir)).stderr).toContain('in use')
    await other.stop()
    const refused = await attempt('restore', target, '--data', dataDir)
    expect(refused.stderr).toContain('MOOR-BAK-007')
    await run('restore', target, '--data', dataDir, '--force')
    await using restored = await startTestServer({ dataDir })
    await requireStock(restored.client(), stock)
    expect((await restored.client().getManifest('quay/other', 'v1')).status).toBe(404)
    const stored = readdirSync(join(dataDir, 'storage/sha256'), { recursive: true })
    const blobs = stored.filter((name) => String(name).includes('/'))
    expect(blobs).toHaveLength(stock.blobs.length + 2)
  })

  it('that is damaged is told so by verify and not restored', async () => {
    const place = folder.join('damaged')
    const { id } = await create(place)
    const [, hex = ''] = (stock.blobs[0] ?? '').split(':')
    const blob = join(place, 'blobs/sha256', hex.slice(0, 2), hex)
    truncateSync(blob, statSync(blob).size - 1)
    const verified = await attempt('verify', place)
    expect(verified.code).toBe(1)
    expect(verified.stdout).toContain(hex)
    const dataDir = folder.join('from-damaged')
    const restored = await attempt('restore', `${place}/backups/${id}`, '--data', dataDir)
    expect(restored.stderr).toContain('MOOR-BAK-004')
    expect(readdirSync(dataDir)).not.toContain('mooring.db')
    // A further backup brings the blob again, because its size tells.
    expect((await create(place)).content?.newBlobs).toBe(1)
    expect(await run('verify', place)).toContain('is sound')
  })
})
