import { execFile } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { promisify } from 'node:util'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

let server: TestServer
let port: number
beforeAll(async () => {
  const settings = { SUPER_USERS: ['quay'], EXTERNAL_TLS_TERMINATION: true }
  server = await startTestServer({ env: { QUAY_OVERRIDE_CONFIG: JSON.stringify(settings) } })
  port = Number(new URL(server.urls.https).port)
})
afterAll(() => server.stop())

const at = (name: string) => join(server.dataDir, 'config', name)

/** @returns the fingerprint that a client with this authority is shown. */
function handshake(ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca }, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

it('a server without a certificate serves HTTPS as soon as it is given one', async () => {
  // Both are remembered in the history, which is no reason to serve them.
  await server.kill9()
  await Promise.all(['ssl.cert', 'ssl.key'].map((name) => rm(at(name))))
  await server.restart()
  expect(server.urls.https).toBeUndefined()
  await expect(handshake(await readFile(at('ca.crt'), 'utf8'))).rejects.toThrow('ECONNREFUSED')

  const now = Date.now()
  const authority = await createAuthority({ commonName: 'Company', now })
  const names = ['127.0.0.1', 'localhost']
  const first = await issueServerCertificate({ authority, names, now })
  await writeFile(at('ssl.key'), first.keyPem)
  await writeFile(at('ssl.cert'), first.certificatePem)
  const ca = authority.certificatePem
  let lastRefusal: unknown
  const shown = await until(
    'HTTPS',
    () =>
      handshake(ca).catch((error: unknown) => {
        lastRefusal = error
        return undefined
      }),
    { timeoutMs: 60_000 },
  ).catch((cause: unknown) => {
    throw new Error(`${String(lastRefusal)}\n${server.output()}`, { cause })
  })
  await writeFile(at('company.crt'), ca)
  const url = `https://127.0.0.1:${String(port)}/health`
  const { stdout } = await run('curl', ['-sS', '--cacert', at('company.crt'), url])
  expect(JSON.parse(stdout)).toMatchObject({ status_code: 200 })

  const second = await issueServerCertificate({ authority, names, now })
  await writeFile(at('ssl.key'), second.keyPem)
  await writeFile(at('ssl.cert'), second.certificatePem)
  await until('the next one', async () => ((await handshake(ca)) === shown ? undefined : true))
})
