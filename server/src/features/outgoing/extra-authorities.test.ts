import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createExtraTrust, readExtraAuthorities } from './extra-authorities.ts'

const now = Date.parse('2026-11-22T00:00:00Z')
const builtIn = getCACertificates('default')
const cleanups: (() => unknown)[] = []
let configDir = ''

beforeEach(async () => {
  configDir = await mkdtemp(path.join(tmpdir(), 'mooring-extra-'))
  cleanups.push(() => rm(configDir, { recursive: true }))
})
afterEach(async () => {
  setDefaultCACertificates(builtIn)
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

const log = pino({ level: 'silent' })

async function siteServer(): Promise<{ authority: string; answer: () => Promise<number> }> {
  const now = Date.now()
  const authority = await createAuthority({ commonName: 'Site', now })
  const leaf = await issueServerCertificate({ authority, names: ['127.0.0.1'], now })
  const server = createServer({ cert: leaf.certificatePem, key: leaf.keyPem }, (_req, res) => {
    res.end('ok')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    authority: authority.certificatePem,
    answer: async () => {
      const request = get({ host: '127.0.0.1', port, agent: false })
      const [response] = (await once(request, 'response')) as [
        { statusCode: number; resume(): void },
      ]
      response.resume()
      return response.statusCode
    },
  }
}

it('lets a plain outgoing connection trust an authority from the moment it is added', async () => {
  const site = await siteServer()
  const trust = createExtraTrust({ configDir, log })
  await trust.refresh()
  await expect(site.answer()).rejects.toThrow(/self-signed|unable to (get|verify)/)

  await mkdir(path.join(configDir, 'extra_ca_certs'))
  await writeFile(path.join(configDir, 'extra_ca_certs/site.crt'), site.authority)
  await trust.refresh()
  expect(await site.answer()).toBe(200)

  await rm(path.join(configDir, 'extra_ca_certs/site.crt'))
  await trust.refresh()
  await expect(site.answer()).rejects.toThrow()
})

it.each(['extra_ca_certs', 'extra_ca_cert_site.crt'])('reads the single file %s', async (name) => {
  const { certificatePem: certificate } = await createAuthority({ commonName: 'Site', now })
  await writeFile(path.join(configDir, name), `a line of text\n${certificate}${certificate}`)
  const [found] = await readExtraAuthorities(configDir)
  expect(found).toMatchObject({ file: name })
  expect(found?.certificates).toHaveLength(2)
})

it('keeps what it can read beside a broken file, which it names', async () => {
  const { certificatePem: certificate } = await createAuthority({ commonName: 'Site', now })
  const folder = path.join(configDir, 'extra_ca_certs')
  await mkdir(folder)
  await writeFile(path.join(folder, 'a-broken.crt'), certificate.slice(0, 200))
  await writeFile(path.join(folder, 'b-empty.crt'), '')
  await writeFile(path.join(folder, 'c-good.crt'), certificate)
  await writeFile(path.join(folder, 'd-large.crt'), Buffer.alloc(1024 * 1024 + 1))
  const found = await readExtraAuthorities(configDir)
  expect(
    found.map(({ certificates, problem }) => [certificates.length, problem !== undefined]),
  ).toEqual([
    [0, true],
    [0, true],
    [1, false],
    [0, true],
  ])
})

it('finds nothing in a directory that is not there', async () => {
  expect(await readExtraAuthorities(path.join(configDir, 'nowhere'))).toEqual([])
})
