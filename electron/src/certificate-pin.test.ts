import { X509Certificate } from 'node:crypto'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { expect, it } from 'vitest'
import { isPinned } from './certificate-pin.ts'

const now = Date.UTC(2027, 0, 15)
const names = ['box.example', '127.0.0.1']
const authority = await createAuthority({ commonName: 'CA', now })
const impostor = await createAuthority({ commonName: 'CA', now })
const own = await issueServerCertificate({ authority, names, now })
const renewed = await issueServerCertificate({ authority, names, now: now + 86_400_000 })
const forged = await issueServerCertificate({ authority: impostor, names, now })
const [leaf = ''] = /-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/.exec(own.certificatePem) ?? []
const { fingerprint256 } = new X509Certificate(leaf)
const byCertificate = { fingerprints: [fingerprint256], authorities: [] }
const byAuthority = { fingerprints: [], authorities: [authority.certificatePem] }
const shown = (pem: string, hostname = '127.0.0.1', ...above: string[]) => ({
  hostname,
  chain: [pem, ...above],
})

it('takes the pinned certificate under any name, and no other', () => {
  expect(isPinned(shown(leaf, 'anything'), byCertificate, now)).toBe(true)
  expect(isPinned(shown(renewed.certificatePem), byCertificate, now)).toBe(false)
  expect(isPinned(shown(forged.certificatePem), byCertificate, now)).toBe(false)
})

it('takes what the pinned CA signed for this host, also after a renewal', () => {
  const later = now + 2 * 86_400_000
  expect(isPinned(shown(leaf), byAuthority, now)).toBe(true)
  expect(isPinned(shown(leaf, '[::1]'), byAuthority, now)).toBe(false)
  expect(isPinned(shown(leaf, 'other.example'), byAuthority, now)).toBe(false)
  expect(isPinned(shown(renewed.certificatePem, 'box.example'), byAuthority, later)).toBe(true)
})

it('refuses a certificate of a CA that only has the same name, even when it sends that CA', () => {
  const chain = shown(forged.certificatePem, '127.0.0.1', impostor.certificatePem)
  expect(isPinned(chain, byAuthority, now)).toBe(false)
})

it('takes what a CA signed that is known by its fingerprint, if the server sends that CA', () => {
  const pinOf = (pem: string) => ({
    fingerprints: [new X509Certificate(pem).fingerprint256],
    authorities: [],
  })
  const byFingerprint = pinOf(authority.certificatePem)
  const chain = shown(renewed.certificatePem, 'box.example', authority.certificatePem)
  const later = now + 2 * 86_400_000
  expect(isPinned(chain, byFingerprint, later)).toBe(true)
  expect(isPinned({ ...chain, hostname: 'other.example' }, byFingerprint, later)).toBe(false)
  expect(isPinned(shown(renewed.certificatePem), byFingerprint, later)).toBe(false)
  const strangers = shown(forged.certificatePem, '127.0.0.1', authority.certificatePem)
  expect(isPinned(strangers, byFingerprint, now)).toBe(false)
  // A server's own certificate signs nothing.
  expect(isPinned(shown(forged.certificatePem, '127.0.0.1', leaf), pinOf(leaf), now)).toBe(false)
})

it('refuses what has expired or is not valid yet', () => {
  expect(isPinned(shown(leaf), byAuthority, now + 20 * 365 * 86_400_000)).toBe(false)
  expect(isPinned(shown(leaf), byAuthority, now - 30 * 86_400_000)).toBe(false)
})

it('refuses nothing at all and nonsense, and trusts nobody without a pin', () => {
  const none = { fingerprints: [], authorities: [] }
  expect(isPinned({ hostname: '127.0.0.1', chain: [] }, byAuthority, now)).toBe(false)
  expect(isPinned(shown('nonsense'), byAuthority, now)).toBe(false)
  expect(isPinned(shown(leaf), none, now)).toBe(false)
})
