import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createAuthority, encryptKey, issueServerCertificate, toPkcs12 } from '@mooring/certs'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import type { TestLine } from '../../contract/setup.ts'
import type { StepId } from '../../contract/setup-steps.ts'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { linesOf, verdictOf } from '../../probes/probe-suite.ts'
import { revealSecrets } from '../secret-values.ts'
import { proposedPorts } from '../setup-ports.ts'
import type { CheckContext, Machine, RevealedValues, Step } from '../step.ts'
import { setupSteps } from './steps.ts'

const folder = createTemporaryFolder('steps')
afterAll(() => folder.remove())

const machine: Machine = {
  network: {
    hostname: 'registry',
    addresses: [
      { address: '127.0.0.1', family: 'IPv4', internal: true },
      { address: '::1', family: 'IPv6', internal: true },
    ],
    resolve: (name) => Promise.resolve(name === 'registry.example.lan' ? ['127.0.0.1'] : []),
  },
  platform: 'linux',
  dataDir: folder.join('data'),
  configDir: folder.join('data/config'),
  isDesktop: false,
  isContainer: false,
  ownPorts: [],
  canBind: () => Promise.resolve(true),
}

const steps = setupSteps({ passwords: { hash: (text) => Promise.resolve(text) } })
const log = createLogger('silent')

/** What the page sends; what it leaves out is as proposed. */
type Given = Partial<Record<StepId, Readonly<Record<string, unknown>>>>

const saved: Given = {
  identity: { primaryName: 'registry.example.lan', moreNames: [], addresses: ['127.0.0.1'] },
  network: { httpsPort: 28_443, httpPort: 28_080, metricsPort: 29_091 },
  mirrors: { mode: 'connected' },
}

function contextOf(given: Given): CheckContext {
  const context: CheckContext = {
    ...{ machine, clock: systemClock, random: systemRandom, log },
    signal: new AbortController().signal,
    valuesOf: (id) => valuesOf(id, given, context),
  }
  return context
}

async function valuesOf<Id extends StepId>(id: Id, given: Given, context: CheckContext) {
  const proposal = await steps[id].defaults(context)
  const parsed = steps[id].schema.parse({ ...proposal, ...given[id] })
  // Parsed by the schema of the step itself.
  return revealSecrets(parsed, {}) as RevealedValues[Id]
}

async function check<Id extends StepId>(id: Id, values: Given[Id], change: Given = {}) {
  const given = { ...saved, ...change, [id]: { ...saved[id], ...values } }
  const context = contextOf(given)
  const step: Step<Id> = steps[id]
  return linesOf(step.check(await valuesOf(id, given, context), context))
}
const codes = (lines: readonly TestLine[]) =>
  lines.filter(({ state }) => state !== 'ok').map(verdictOf)

describe('the network step', () => {
  it('comes back through its loopback when the primary name is localhost', async () => {
    const identity = { primaryName: 'localhost', moreNames: [], addresses: ['127.0.0.1'] }
    const lines = await check('network', {}, { identity })
    expect(lines.filter(({ id }) => id.startsWith('connect:')).map(verdictOf)).toEqual(['ok', 'ok'])
  })

  it('tries each of several addresses, and says which of them this host does not have', async () => {
    const addresses = ['127.0.0.1', '192.0.2.77']
    const lines = await check('network', { addresses })
    const verdicts = Object.fromEntries(lines.map((line) => [line.id, verdictOf(line)]))
    expect(verdicts).toMatchObject({
      'bind:127.0.0.1:28080': 'ok',
      'bind:192.0.2.77:28080': 'failed MOOR-NET-003',
      'connect:127.0.0.1': 'ok',
      'connect:192.0.2.77': 'failed MOOR-NET-003',
    })
  })

  it('proposes the ports that the installer was given', async () => {
    const installed = proposedPorts({ MOORING_SETUP_HTTPS_PORT: '9443', MOORING_HTTP_PORT: '81' })
    const context = { ...contextOf(saved), machine: { ...machine, proposedPorts: installed } }
    const proposal = await steps.network.defaults(context)
    expect(proposal).toMatchObject({ httpsPort: 9443, httpPort: 80, metricsPort: 9091 })
  })

  it('takes an address once, and of its family alone', async () => {
    const addresses = ['127.0.0.1', '::1', '127.0.0.1']
    const context = contextOf(saved)
    const values = await valuesOf('network', { network: { family: 'IPv4', addresses } }, context)
    const faults = await steps.network.faults?.(values, context)
    expect(faults?.map(({ field }) => field)).toEqual(['addresses.1', 'addresses.2'])
  })
})

describe('the certificates step', () => {
  const now = Date.now()
  const made = {
    authorityKey: { kind: 'stored' },
    keyType: 'ecdsa-p256',
    serverDays: 397,
  } as const
  const issue = async (names: readonly string[]) => {
    const authority = await createAuthority({ commonName: 'Company', years: 5, now })
    const server = await issueServerCertificate({ authority, names, now, lifeDays: 90 })
    return { authority, server }
  }
  const finished = (certificate: string, key: string, passphrase: string | null = null) =>
    check('certificates', {
      kind: 'finished',
      server: { format: 'pem', certificate, key, passphrase },
    })

  it('makes an authority to try and shows its certificate on every address', async () => {
    const lines = await check('certificates', {
      kind: 'create',
      commonName: 'Test Root CA',
      organization: '',
      country: 'JP',
      years: 10,
      nameConstraints: true,
      ...made,
    })
    expect(codes(lines)).toEqual([])
    expect(lines.map(({ id }) => id)).toEqual([
      'certificate:made',
      'certificate',
      'handshake:127.0.0.1',
      'handshake:[::1]',
    ])
  })

  it('takes the authority of a company, as PEM or PKCS#12', async () => {
    const { authority } = await issue(['unused.example'])
    const password = 'a passphrase for tests'
    const key = await encryptKey(authority.keyPem, password)
    const pem = await check('certificates', {
      kind: 'company',
      ...made,
      authority: {
        format: 'pem',
        certificate: authority.certificatePem,
        key,
        passphrase: password,
      },
    })
    expect(codes(pem)).toEqual([])
    const container = await toPkcs12({ ...authority, password })
    const file = Buffer.from(container).toString('base64')
    const pkcs12 = (passphrase: string) =>
      check('certificates', {
        kind: 'company',
        ...made,
        authority: { format: 'pkcs12', file, passphrase },
      })
    expect(codes(await pkcs12(password))).toEqual([])
    expect(codes(await pkcs12('another'))).toEqual(['failed MOOR-TLS-004'])
  })

  it('looks at a finished certificate from all sides', async () => {
    const names = ['registry.example.lan', '127.0.0.1']
    const { authority, server } = await issue(names)
    const chain = server.certificatePem + authority.certificatePem
    expect(codes(await finished(chain, server.keyPem))).toEqual([])

    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const strange = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(codes(await finished(chain, strange))).toEqual(['failed MOOR-TLS-007'])

    const unnamed = await issue(['127.0.0.1'])
    const lines = await finished(
      unnamed.server.certificatePem + unnamed.authority.certificatePem,
      unnamed.server.keyPem,
    )
    expect(codes(lines)).toEqual(['failed MOOR-TLS-030'])
    expect(lines.find(({ state }) => state === 'failed')?.finding?.facts['name']).toBe(
      'registry.example.lan',
    )
  })
})

describe('the network step', () => {
  it('opens its ports, comes back with TLS and says who stands in the way', async () => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const taken = (other.address() as AddressInfo).port
    try {
      const lines = await check('network', { httpPort: taken })
      const busy = lines.find(({ state }) => state === 'failed')
      expect(busy && verdictOf(busy)).toBe('failed MOOR-NET-001')
      expect(busy?.finding?.facts['processId']).toBe(process.pid)
      expect(lines.filter(({ id }) => id.startsWith('connect:')).map(verdictOf)).toEqual([
        'ok',
        'ok',
      ])
    } finally {
      other.close()
    }
  })

  it('asks a proxy for the upstreams that are named', async () => {
    const proxies = { httpProxy: null, httpsProxy: 'http://127.0.0.1:1', noProxy: ['.lan'] }
    const outbound = { kind: 'proxy', ...proxies } as const
    const lines = await check('network', { outbound })
    expect(codes(lines)).toContain('failed MOOR-NET-012')
  })
})

describe('the identity step', () => {
  it('blocks on the primary name and warns about the others', async () => {
    const good = await check('identity', { moreNames: ['nobody.invalid'] })
    expect(good[0]?.state).toBe('ok')
    expect(codes(good)).toContain('warning MOOR-NAME-001')
    const lost = { primaryName: 'nobody.invalid', addresses: ['192.0.2.77'] }
    expect(codes(await check('identity', lost))).toEqual([
      'failed MOOR-NAME-001',
      'failed MOOR-NET-007',
    ])
  })
})

describe('the mirrors step', () => {
  it('reaches nothing from a site that is disconnected', async () => {
    const upstream = {
      name: 'hub',
      preset: 'docker-hub',
      url: 'https://registry.invalid',
      username: '',
      password: null,
      mode: 'cache',
      organization: 'hub',
      proxy: null,
      ca: null,
      verifyTls: true,
      bandwidthKiBps: null,
      content: [],
    }
    const mirrors = { mode: 'connected', upstreams: [upstream] }
    expect(codes(await check('mirrors', mirrors))).toEqual(['failed MOOR-NET-020'])
    const network = { outbound: { kind: 'none' } }
    expect(codes(await check('mirrors', mirrors, { network }))).toEqual(['warning MOOR-NET-031'])
    expect(await check('mirrors', { ...mirrors, mode: 'disconnected' })).toEqual([])
  })
})

describe('the welcome step', () => {
  it('looks at the whole machine, and a port that is taken stops nothing', async () => {
    const lines = await check('welcome', { language: 'en' })
    expect(lines.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        ...['program', 'processor', 'memory', 'clock', 'addresses', 'low-ports'],
        ...['selinux', 'apparmor', 'fips', 'umask', 'container-tools', 'installation'],
      ]),
    )
    const ports = lines.filter(({ id }) => id.startsWith('bind:'))
    expect(ports).toHaveLength(3)
    expect(ports.every(({ state }) => state !== 'failed')).toBe(true)
  })
})
