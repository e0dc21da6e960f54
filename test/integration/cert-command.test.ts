import { readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  createAuthority,
  describeCertificate,
  issueServerCertificate,
  toPkcs12,
} from '@mooring/certs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary.ts'

let server: TestServer
let folder: TemporaryFolder
let env: Record<string, string>
beforeAll(async () => {
  folder = createTemporaryFolder('cert-command')
  server = await startTestServer()
  // Killed: the command line has to do without it.
  await server.kill9()
  env = { PATH: process.env['PATH'] ?? '', HOME: folder.join('home') }
})
afterAll(async () => {
  await server.stop()
  await folder.remove()
})

const program = join(projectRoot, 'server/bin/mooring.js')
const cert = (...args: string[]) =>
  tryProgram(process.execPath, [program, 'cert', ...args, '--data', server.dataDir], { env })
const at = (name: string) => join(server.dataDir, 'config', name)
const shown = async () => describeCertificate(await readFile(at('ssl.cert'), 'utf8'))

describe('mooring cert on a server that does not run', () => {
  it('says what is there, for people and for programs', async () => {
    const { stdout } = await cert('status', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ authorityKey: 'here', findings: [], rollover: null })
    expect((await cert('list')).stdout).toContain('given to clients: CN=Mooring CA')
  })

  it('replaces the certificate by a PKCS#12 file, and says why when it does not', async () => {
    const now = Date.now()
    const authority = await createAuthority({ commonName: 'Company', now })
    const { names } = await shown()
    const pair = await issueServerCertificate({ authority, names, now })
    const file = folder.join('company.p12')
    await writeFile(file, await toPkcs12({ ...pair, password: 'opens it' }))
    const closed = await cert('replace', file)
    expect(closed).toMatchObject({ code: 1, stdout: '' })
    expect(closed.stderr).toContain('MOOR-TLS-003')
    await writeFile(folder.join('pass'), 'opens it\n')
    expect(await cert('replace', file, '--passphrase-file', folder.join('pass'))).toMatchObject({
      code: 0,
    })
    expect((await shown()).issuer).toBe('CN=Company')
    expect((await cert('rollback')).code).toBe(0)
    expect((await shown()).issuer).toContain('Mooring CA')
  })

  it('takes the key of the authority offline only when its copy is safe', async () => {
    const status = JSON.parse((await cert('status', '--json')).stdout) as {
      authority: { subject: string }
    }
    const confirm = status.authority.subject.replace('CN=', '')
    const [secret, output] = [folder.join('secret'), folder.join('ca-key.pem')]
    await writeFile(secret, 'correct horse battery\n')
    const offline = (to: string) =>
      cert('ca', 'offline', '--output', to, '--confirm', confirm, '--new-passphrase-file', secret)
    expect((await offline(folder.join('nowhere/ca-key.pem'))).code).toBe(1)
    await stat(at('ca.key'))
    expect((await offline(output)).code).toBe(0)
    await expect(stat(at('ca.key'))).rejects.toThrow()
    expect((await stat(output)).mode & 0o077).toBe(0)
    expect((await cert('renew')).stderr).toContain('MOOR-TLS-102')
    const back = await cert('ca', 'online', '--key', output, '--passphrase-file', secret)
    expect(back.code).toBe(0)
    expect((await cert('renew')).code).toBe(0)
  })

  it('lets podman of this account trust the CA, and takes that back', async () => {
    const isRoot = process.getuid?.() === 0
    const store = isRoot ? '/etc/containers' : join(folder.join('home'), '.config/containers')
    const host = `mooring-test-${process.pid}.test:8443`
    const file = join(store, 'certs.d', host, 'ca.crt')
    expect((await cert('trust', '--podman', '--host', host)).stdout).toContain(file)
    expect(await readFile(file, 'utf8')).toBe(await readFile(at('ca.crt'), 'utf8'))
    expect((await cert('untrust', '--podman', '--host', host)).code).toBe(0)
    await expect(stat(dirname(file))).rejects.toThrow()
  })

  it('writes the instructions of each client as a script', async () => {
    const { stdout } = await cert('instructions', '--client', 'docker', '--host', 'box.test:8443')
    expect(stdout).toContain('/etc/docker/certs.d/box.test:8443')
    expect((await cert('trust', '--docker', '--host', '../../etc')).code).toBe(1)
  })
})
