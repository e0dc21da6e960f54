import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { projectRoot } from '../support/source-files.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { createTemporaryFolder } from '../support/temporary.ts'

interface Check {
  readonly id: string
  readonly state: string
  readonly text: string
  readonly finding?: { readonly code: string; readonly next: string }
}

interface Report {
  readonly healthy: boolean
  readonly failed: number
  readonly checks: readonly Check[]
}

const program = join(projectRoot, 'server/bin/mooring.js')

async function doctor(dataDir: string, env: Readonly<Record<string, string>> = {}) {
  const args = [program, 'doctor', '--json', '--data', dataDir]
  const { code, stdout } = await tryProgram(process.execPath, args, { env: { PATH: '', ...env } })
  const report = JSON.parse(stdout) as Report
  expect(code).toBe(report.healthy ? 0 : 1)
  return report
}

const codesOf = ({ checks }: Report, state: string) =>
  checks.filter((check) => check.state === state).map(({ finding }) => finding?.code)

describe('mooring doctor', () => {
  const folder = createTemporaryFolder('doctor', { onDisk: true })
  const dataDir = folder.join('data')
  const config = (name: string) => join(dataDir, 'config', name)
  let server: TestServer
  let ports: Readonly<Record<string, string>>

  beforeAll(async () => {
    server = await startTestServer({ dataDir, hostname: 'localhost' })
    const portOf = (url: string) => new URL(url).port
    // The test server gets its ports by flag; the doctor reads settings.
    ports = {
      MOORING_LISTEN_HOST: '127.0.0.1',
      MOORING_HTTPS_PORT: portOf(server.urls.https),
      MOORING_HTTP_PORT: portOf(server.urls.http),
    }
  })
  afterAll(async () => {
    await server.stop()
    await folder.remove()
  })

  it('finds nothing wrong with a registry that works', async () => {
    const report = await doctor(dataDir, ports)
    expect(codesOf(report, 'failed')).toEqual([])
    const listener = report.checks.find(({ id }) => id.startsWith('listener:'))
    expect(listener).toMatchObject({ id: `listener:${server.urls.https}`, state: 'ok' })
    expect(report.checks.find(({ id }) => id === 'certificate')?.state).toBe('ok')
    expect(report.checks.find(({ id }) => id === 'database')?.state).toBe('ok')
  })

  it('names files that others may read, with the command that closes them', async () => {
    chmodSync(config('ca.key'), 0o644)
    try {
      const report = await doctor(dataDir, ports)
      const check = report.checks.find(({ id }) => id === `permissions:${config('ca.key')}`)
      expect(check).toMatchObject({
        state: 'failed',
        finding: { code: 'MOOR-SYS-014', next: `run: chmod 0600 ${config('ca.key')}` },
      })
    } finally {
      chmodSync(config('ca.key'), 0o600)
    }
  })

  it('names a certificate that lacks the name of the registry', async () => {
    const report = await doctor(dataDir, {
      ...ports,
      QUAY_OVERRIDE_CONFIG: JSON.stringify({ SERVER_HOSTNAME: 'registry.invalid:8443' }),
    })
    const codes = codesOf(report, 'failed')
    expect(codes).toContain('MOOR-NAME-001')
    expect(codes.some((code) => code?.startsWith('MOOR-TLS-03'))).toBe(true)
  })

  it('names authorities that are none, and backups that do not happen', async () => {
    mkdirSync(config('extra_ca_certs'), { recursive: true })
    writeFileSync(config('extra_ca_certs/broken.crt'), 'no certificate')
    const long = Date.now() - 40 * 86_400_000
    writeFileSync(join(dataDir, 'backup-state.json'), JSON.stringify({ since: long, targets: {} }))
    const backups = { MOORING_BACKUP_TARGET: folder.join('backups'), MOORING_BACKUP_EVERY: '1d' }
    const report = await doctor(dataDir, {
      ...ports,
      QUAY_OVERRIDE_CONFIG: JSON.stringify(backups),
    })
    expect(codesOf(report, 'warning')).toContain('MOOR-TLS-203')
    expect(codesOf(report, 'failed')).toContain('MOOR-BAK-100')
    await rm(config('extra_ca_certs'), { recursive: true })
  })

  it('looks at the ports, the files and the database of a registry that is stopped', async () => {
    await server.kill9()
    const stopped = await doctor(dataDir, ports)
    expect(codesOf(stopped, 'failed')).toEqual([])
    const port = ports['MOORING_HTTPS_PORT'] ?? ''
    expect(stopped.checks.find(({ id }) => id === `bind:127.0.0.1:${port}`)?.state).toBe('ok')

    await rename(config('ssl.key'), config('away.key'))
    writeFileSync(config('ssl.key'), readFileSync(config('ca.key')), { mode: 0o600 })
    const mismatched = await doctor(dataDir, ports)
    expect(codesOf(mismatched, 'failed')).toEqual(['MOOR-TLS-007'])
    await rename(config('away.key'), config('ssl.key'))
    await server.restart()
  })

  it('comes to its end where nobody reads on', async () => {
    const line = '{ "$@"; echo "$?" >&2; } | :'
    const args = ['-c', line, 'sh', process.execPath, program, 'doctor', '--data', dataDir]
    const { stderr } = await tryProgram('/bin/sh', args, { env: { PATH: '', ...ports } })
    expect(stderr).toBe('0\n')
  })

  it('says where a running server does not answer', async () => {
    const other = await doctor(dataDir, { ...ports, MOORING_HTTPS_PORT: '1' })
    expect(codesOf(other, 'failed')).toContain('MOOR-NET-050')
  })

  it('says that the database is damaged, and that settings are wrong or missing', async () => {
    const copy = folder.join('copy')
    cpSync(join(dataDir, 'config'), join(copy, 'config'), { recursive: true })
    const database = readFileSync(join(dataDir, 'mooring.db'))
    writeFileSync(join(copy, 'mooring.db'), database.fill('damage', 100, 3_000))
    const damaged = await doctor(copy, ports)
    expect(codesOf(damaged, 'failed')).toContain('MOOR-DB-019')

    writeFileSync(join(copy, 'config/config.yaml'), 'SERVER_HOSTNAME: [wrong]\n')
    expect(codesOf(await doctor(copy, ports), 'failed')).toContain('MOOR-CFG-100')
    expect(codesOf(await doctor(folder.join('nothing')), 'failed')).toContain('MOOR-CFG-101')
  })
})
