import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { certificatesIn, describeCertificate, fingerprint } from '@mooring/certs'
import type { Clock } from '../../platform/clock.ts'
import { syncDirectory, writeFileDurably } from '../../platform/files.ts'
import { readExtraAuthorities } from '../outgoing/extra-authorities.ts'
import type { ReadServerChain, ServerChain, TlsServer } from '../outgoing/server-chain-service.ts'
import { nameOf } from './authority-store.ts'
import { CertificateFault } from './certificate-codes.ts'
import { certificateMode, readOptional, removeDurably } from './certificate-files.ts'
import type { By, CertificateService } from './certificate-service.ts'
import type { CertificateStore } from './certificate-store.ts'

export interface TrustWishes {
  /** Of the file; made of the subject when absent. */
  readonly name?: string | undefined
}

export type UpstreamTrustService = ReturnType<typeof createUpstreamTrust>

/** What a name for a file may be: nothing that leads out of the folder, or that is passed over. */
export const trustFileName = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/

/** The authorities that this server trusts beyond those of its system, as files of extra_ca_certs. */
export function createUpstreamTrust({
  store,
  record,
  readServerChain,
  clock,
}: {
  store: CertificateStore
  record: CertificateService['record']
  readServerChain: ReadServerChain
  clock: Clock
}) {
  const { configDir } = store
  const list = () => readExtraAuthorities(configDir)

  return {
    list,

    /** Those of them that are trusted already are left as they are. */
    async add(pem: string, wishes: TrustWishes, who: By): Promise<void> {
      const given = certificatesIn(pem)
      given.forEach(refuseUseless)
      await add(given, wishes, who)
    },

    /** What a server shows; nothing is trusted for that. */
    fetch: (server: TlsServer): Promise<ServerChain> => fetch(server),

    /** Looks at the server again, and trusts the one certificate whose fingerprint was compared. */
    async addFromServer(
      { fingerprint: wanted, ...server }: TlsServer & { readonly fingerprint: string },
      wishes: TrustWishes,
      who: By,
    ): Promise<void> {
      const { chain } = await fetch(server)
      const pem = chain.find((one) => isSameFingerprint(fingerprint(one), wanted))
      if (pem === undefined) throw new CertificateFault('trust-unknown', { fingerprint: wanted })
      const { subject, issuer, isSelfIssued } = describeCertificate(pem)
      if (!isSelfIssued) throw new CertificateFault('trust-not-root', { subject, issuer })
      refuseUseless(pem)
      await add([pem], wishes, who)
    },

    /** Wherever it lies; files that hold others too keep those. */
    remove: (wanted: string, who: By): Promise<void> =>
      store.change(async () => {
        const isWanted = (pem: string) => isSameFingerprint(fingerprint(pem), wanted)
        const holders = (await list()).filter(({ certificates }) => certificates.some(isWanted))
        if (holders.length === 0) {
          throw new CertificateFault('trust-unknown', { fingerprint: wanted })
        }
        for (const { file, certificates } of holders) {
          const rest = certificates.filter((pem) => !isWanted(pem))
          const target = path.join(configDir, file)
          if (rest.length === 0) await removeDurably(target)
          else await writeFileDurably(target, rest.join(''), certificateMode)
        }
        const files = holders.map(({ file }) => file)
        await record('certificate_trust_removed', who, { files, sha256_fingerprint: wanted })
      }),
  }

  /** Also the folder's own lock: two processes that add and remove shall not undo each other. */
  function add(given: readonly string[], { name }: TrustWishes, who: By): Promise<void> {
    return store.change(async () => {
      const known = new Set((await list()).flatMap(({ certificates }) => certificates))
      const fresh = [...new Set(given)].filter((pem) => !known.has(pem))
      const [first] = fresh
      if (first === undefined) return
      const file = path.join(configDir, await placeFor(name ?? defaultName(first)))
      const content = fresh.join('')
      const there = await readOptional(file)
      if (there !== undefined && there !== content) {
        throw new CertificateFault('trust-name-taken', { file: path.relative(configDir, file) })
      }
      await writeFileDurably(file, content, certificateMode)
      await record('certificate_trust_added', who, {
        files: [path.relative(configDir, file)],
        sha256_fingerprints: fresh.map(fingerprint),
      })
    })
  }

  /** Relative to the config directory, whose `extra_ca_certs` may be a file of somebody's own. */
  async function placeFor(name: string): Promise<string> {
    if (!trustFileName.test(name)) throw new TypeError('the name of the file was not checked')
    const base = /\.(?:crt|pem|cer)$/.test(name) ? name : `${name}.crt`
    const folder = path.join(configDir, 'extra_ca_certs')
    const facts = await stat(folder).catch(() => undefined)
    if (facts?.isFile() === true) return `extra_ca_${base}`
    if (facts === undefined) {
      await mkdir(folder)
      await syncDirectory(configDir)
    }
    return path.join('extra_ca_certs', base)
  }

  function refuseUseless(pem: string): void {
    const { subject, issuer, isAuthority, isSelfIssued, notAfter } = describeCertificate(pem)
    if (!isAuthority && !isSelfIssued) {
      throw new CertificateFault('trust-not-authority', { subject, issuer })
    }
    if (notAfter < clock.now()) {
      const end = new Date(notAfter).toISOString().slice(0, 10)
      throw new CertificateFault('trust-ended', { subject, end })
    }
  }

  async function fetch(server: TlsServer): Promise<ServerChain> {
    const read = await readServerChain(server)
    if (read.kind === 'read') return read.chain
    throw new CertificateFault('trust-unreachable', { server: read.server, reason: read.reason })
  }
}

function defaultName(pem: string): string {
  const description = describeCertificate(pem)
  const words = nameOf(description)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 30)
    .replace(/^-|-$/g, '')
  const digits = description.sha256Fingerprint.replaceAll(':', '').slice(0, 16).toLowerCase()
  return words === '' ? digits : `${words}-${digits}`
}

/** With or without colons, in capital or small letters. */
function isSameFingerprint(one: string, other: string): boolean {
  const plain = (text: string) => text.replaceAll(':', '').toLowerCase()
  return plain(one) === plain(other)
}
