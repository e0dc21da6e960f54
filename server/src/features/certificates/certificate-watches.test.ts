import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { beforeEach, describe, expect, it } from 'vitest'
import { createLogger } from '../../platform/logger.ts'
import { createExpiryWatch } from './expiry-watch.ts'
import { covers, renewalDue, renewalReason } from './renewal.ts'
import { createTlsClients, mostClients } from './tls-clients.ts'

const dayMs = 86_400_000
const start = Date.UTC(2026, 10, 22)
let now: number
beforeEach(() => {
  now = start
})
const clock = { now: () => now }

async function issued(lifeDays: number) {
  const authority = await createAuthority({ commonName: 'Test CA', now: start, years: 1 })
  const names = ['one.test', '127.0.0.1']
  const { certificatePem } = await issueServerCertificate({
    authority,
    names,
    now: start,
    lifeDays,
  })
  return { certificatePem, authorityPem: authority.certificatePem }
}

describe('a certificate that ends', () => {
  it('is told of once at 30, 14, 7 and 1 days, and when it has ended', async () => {
    const lines: { level: string; threshold: number }[] = []
    const log = createLogger('warn', {
      write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[number]),
    })
    const watch = createExpiryWatch({ clock, log })
    const { certificatePem } = await issued(60)
    for (; now < start + 62 * dayMs; now += dayMs / 2) {
      watch.look([{ role: 'server', certificatePem }])
      expect(watch.endsSoon()).toBe(now >= start + 30 * dayMs)
    }
    expect(lines.map(({ level, threshold }) => [level, threshold])).toEqual([
      ['warn', 30],
      ['warn', 14],
      ['warn', 7],
      ['warn', 1],
      ['error', 0],
    ])
    expect(watch.secondsLeft()).toEqual([{ role: 'server', seconds: -172_800 }])
  })
})

describe('renewal', () => {
  it('is due after two thirds of the life, or as long before its end as was configured', async () => {
    const { certificatePem } = await issued(89)
    expect(renewalDue({ certificatePem })).toBe(start - dayMs + 60 * dayMs)
    const beforeEndMs = 10 * dayMs
    expect(renewalDue({ certificatePem, beforeEndMs })).toBe(start + 79 * dayMs)
    expect(renewalDue({ certificatePem, beforeEndMs: 400 * dayMs })).toBe(start + 44 * dayMs)
  })

  it('waits where the authority ends, and for a name that is missing it does not', async () => {
    const pems = await issued(397)
    const question = { ...pems, serverName: 'one.test', lifeDays: 397 }
    expect(renewalReason({ ...question, now: start + 300 * dayMs })).toBeUndefined()
    expect(renewalReason({ ...question, now: start, serverName: 'two.test' })).toBe('name-missing')
    const short = { ...question, ...(await issued(90)), now: start + 80 * dayMs }
    // Of another authority.
    expect(renewalReason({ ...short, authorityPem: pems.authorityPem })).toBeUndefined()
    expect(renewalReason({ ...short, ...(await issued(90)) })).toBe('due')
  })

  it.each([
    [['*.example.com'], 'a.example.com', true],
    [['*.example.com'], 'a.b.example.com', false],
    [['*.example.com'], 'example.com', false],
    [['*.0.0.1'], '127.0.0.1', false],
    [['2001:db8::5'], '2001:db8::5', true],
  ])('knows whether %j cover %s', (names, name, expected) => {
    expect(covers(names, name)).toBe(expected)
  })
})

describe('clients that refuse the certificate', () => {
  const refusal = (code: string) => Object.assign(new Error('handshake failed'), { code })

  const unknownCa = refusal('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')

  it('are counted for a day, by address', () => {
    const clients = createTlsClients({ clock })
    clients.failed(unknownCa, { address: '::ffff:192.0.2.1', name: 'one.test' })
    clients.failed(refusal('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE'), {
      ...{ address: '192.0.2.1', name: 'two.test' },
    })
    clients.failed(refusal('ERR_SSL_HTTP_REQUEST'), { address: '192.0.2.9', name: undefined })
    clients.failed(unknownCa, { address: undefined, name: undefined })
    expect(clients.refusing()).toEqual([
      {
        ...{ address: '192.0.2.1', name: 'two.test', count: 2, lastAt: now },
        acceptedAt: undefined,
      },
    ])
    now += 86_400_001
    expect(clients.refusing()).toEqual([])
    expect(clients.count()).toEqual({ seen: 0, failing: 0 })
    expect(clients.refusals()).toBe(2)
  })

  it('fail no more once they accept it, and count only since somebody asks', () => {
    const clients = createTlsClients({ clock })
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      clients.failed(unknownCa, { address, name: undefined })
    }
    clients.succeeded({ address: '192.0.2.3' })
    now += 1_000
    clients.succeeded({ address: '::ffff:192.0.2.1' })
    expect(clients.count()).toEqual({ seen: 3, failing: 1 })
    expect(clients.refusing().map(({ acceptedAt }) => acceptedAt)).toEqual([undefined, now])
    expect(clients.count(now)).toEqual({ seen: 3, failing: 0 })
  })

  it('take bounded room, however many they are', () => {
    const clients = createTlsClients({ clock })
    for (let at = 0; at < mostClients + 1_000; at++) {
      const address = `2001:db8::${at.toString(16)}`
      clients.failed(unknownCa, { address, name: 'x'.repeat(10_000) })
      clients.succeeded({ address })
    }
    const [latest, ...others] = clients.refusing()
    expect(others.length).toBe(mostClients - 1)
    expect(latest?.address).toBe(`2001:db8::${(mostClients + 999).toString(16)}`)
    expect(latest?.name?.length).toBe(255)
    expect(clients.count()).toEqual({ seen: mostClients, failing: 0 })
  })
})
