import {
  createAuthority,
  crossSign,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, get, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../support/cli.ts'
import { hasPrograms, programPath } from '../support/programs.ts'
import { createTemporaryFolder, type TemporaryFolder } from '../support/temporary.ts'

const now = Math.floor(Date.now() / 1_000) * 1_000
const names = ['localhost', '127.0.0.1', '::1']

interface Case {
  readonly server: KeyedCertificate
  /** What the client trusts, PEM. */
  readonly trust: string
}

/** OpenSSL, Go and Node each build and judge chains in their own way. */
const clients = [
  [
    'curl',
    'curl',
    (file: string, host: string) => ['-fsS', '--cacert', file, `https://${host}/v2/`],
  ],
  ['a Go program', 'crane', (_file: string, host: string) => ['catalog', host]],
] as const

const cases: Readonly<Record<string, () => Promise<Case>>> = {
  async 'an authority of defaults'() {
    const authority = await createAuthority({ commonName: 'Plain CA', now })
    const server = await issueServerCertificate({ authority, names, now })
    return { server, trust: authority.certificatePem }
  },
  async 'an RSA authority and key'() {
    const keyType = 'rsa-3072'
    const authority = await createAuthority({ commonName: 'RSA CA', now, keyType })
    const server = await issueServerCertificate({ authority, names, now, keyType })
    return { server, trust: authority.certificatePem }
  },
  async 'an authority limited to these names'() {
    const permitted = { domains: ['localhost'], ranges: ['127.0.0.0/8', '::1/128'] }
    const authority = await createAuthority({ commonName: 'Limited CA', now, permitted })
    const server = await issueServerCertificate({ authority, names, now })
    return { server, trust: authority.certificatePem }
  },
  async 'the old authority, the server being of the new'() {
    const { server, old } = await succession()
    return { server, trust: old.certificatePem }
  },
  async 'the new authority, the server showing both'() {
    const { server, next } = await succession()
    return { server, trust: next.certificatePem }
  },
}

async function succession() {
  const old = await createAuthority({ commonName: 'Old CA', now })
  const next = await createAuthority({ commonName: 'New CA', now, keyType: 'ecdsa-p384' })
  const crossed = await crossSign({ certificatePem: next.certificatePem, by: old, now })
  const authority = { certificatePem: next.certificatePem + crossed, keyPem: next.keyPem }
  return { old, next, server: await issueServerCertificate({ authority, names, now }) }
}

let folder: TemporaryFolder
let listener: Server
beforeAll(async () => {
  folder = createTemporaryFolder('certificates')
  listener = createServer((_request, response) => response.end('{"repositories":[]}'))
  listener.listen(0, '::')
  await once(listener, 'listening')
})
afterAll(async () => {
  listener.close()
  listener.closeAllConnections()
  await folder.remove()
})

const hosts = () => {
  const { port } = listener.address() as AddressInfo
  return names.map((name) => (name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`))
}

function serve({ server, trust }: Case): string {
  listener.setSecureContext({ cert: server.certificatePem, key: server.keyPem })
  const file = folder.join('trusted.pem')
  writeFileSync(file, trust)
  return file
}

describe.each(clients)('%s', (_name, program, argumentsFor) => {
  async function ask(file: string, host: string): Promise<boolean> {
    const env = {
      PATH: programPath,
      HOME: folder.path,
      SSL_CERT_FILE: file,
      SSL_CERT_DIR: folder.path,
    }
    const { code } = await tryProgram(program, argumentsFor(file, host), { env })
    return code === 0
  }

  it.skipIf(!hasPrograms(program)).each(Object.entries(cases))('trusts %s', async (_case, make) => {
    const file = serve(await make())
    for (const host of hosts())
      expect({ host, trusted: await ask(file, host) }).toEqual({ host, trusted: true })
  })

  it.skipIf(!hasPrograms(program))('refuses a server of somebody else', async () => {
    const [one, other] = await Promise.all([succession(), succession()])
    const file = serve({ server: one.server, trust: other.old.certificatePem })
    // One address is enough: a Go program tries again for seconds.
    expect(await ask(file, hosts()[0] ?? '')).toBe(false)
  })
})

describe('Node', () => {
  async function ask(trust: string, host: string): Promise<boolean> {
    const request = get(`https://${host}/`, { ca: trust, agent: false })
    try {
      const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream]
      response.resume()
      return true
    } catch {
      return false
    }
  }

  it.each(Object.entries(cases))('trusts %s', async (_case, make) => {
    const made = await make()
    serve(made)
    for (const host of hosts()) expect(await ask(made.trust, host)).toBe(true)
  })

  it('refuses a server of somebody else', async () => {
    const [one, other] = await Promise.all([succession(), succession()])
    serve({ server: one.server, trust: '' })
    for (const host of hosts()) expect(await ask(other.old.certificatePem, host)).toBe(false)
  })
})
