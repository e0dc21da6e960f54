import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { createServer, type Server } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  certificatesIn,
  checkServerCertificate,
  createAuthority,
  crossSign,
  describeCertificate,
  issueServerCertificate,
  renewalTime,
  type KeyedCertificate,
} from './certs.ts'
import { createOpenssl, type Openssl } from './testing/openssl.ts'

const names = ['registry.example.com', 'localhost', '127.0.0.1', '::1']
const start = Date.UTC(2027, 2, 31, 12)

let openssl: Openssl
let listener: Server
beforeAll(async () => {
  openssl = await createOpenssl()
  listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
})
afterAll(async () => {
  listener.close()
  await openssl[Symbol.asyncDispose]()
})

/** A real TLS handshake by a client whose clock shows another time. */
async function handshake(caFile: string, at: number): Promise<string> {
  const { port } = listener.address() as AddressInfo
  const child = spawn('openssl', [
    ...['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'registry.example.com'],
    ...['-verify_hostname', 'registry.example.com', '-verify_return_error', '-brief'],
    ...['-no-CApath', '-no-CAstore', '-CAfile', caFile, '-attime', String(at / 1_000)],
  ])
  child.stdin.end()
  return (await Promise.all([text(child.stdout), text(child.stderr)])).join('')
}

test('whoever trusted the CA once is served for ten years, through a change of the CA', async () => {
  const first = await createAuthority({ commonName: 'CA of 2027', now: start })
  const trust = await openssl.write(first.certificatePem)
  const changeAt = renewalTime(first.certificatePem)
  let newTrust: string | undefined
  let authority: KeyedCertificate = first
  let server = await issueServerCertificate({ authority, names, now: start })
  let issued = 1

  for (let month = 0; month < 120; month++) {
    const now = Date.UTC(2027, 2 + month, 28, 12)
    if (now < start) continue
    if (authority === first && now >= changeAt) {
      const next = await createAuthority({ commonName: 'CA of 2033', now })
      const crossed = await crossSign({ certificatePem: next.certificatePem, by: first, now })
      authority = { certificatePem: next.certificatePem + crossed, keyPem: next.keyPem }
      newTrust = await openssl.write(next.certificatePem)
      server = await issueServerCertificate({ authority, names, now })
    }
    if (renewalTime(server.certificatePem) <= now) {
      server = await issueServerCertificate({ authority, names, now })
      issued++
    }
    listener.setSecureContext({ cert: server.certificatePem, key: server.keyPem })

    for (const caFile of newTrust === undefined ? [trust] : [trust, newTrust]) {
      const said = await handshake(caFile, now)
      expect(`month ${month}: ${said}`).toMatch(
        /Verification: OK[^]*peername: registry\.example\.com/,
      )
    }
    const [certificate = '', ...chain] = certificatesIn(server.certificatePem)
    const { keyPem } = server
    for (const root of [first, ...(authority === first ? [] : [authority])]) {
      const [trusted = ''] = certificatesIn(root.certificatePem)
      const input = { certificate, chain, keyPem, names, now, trust: [trusted] }
      expect({ month, found: checkServerCertificate(input) }).toEqual({ month, found: [] })
    }
  }

  // Two thirds of 398 days make nine months at most.
  expect(issued).toBeGreaterThanOrEqual(13)
  expect(newTrust).toBeDefined()
  const end = describeCertificate(first.certificatePem).notAfter
  expect(await handshake(trust, end + 1_000)).toContain('expired')
}, 60_000)
