import { createHash } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import {
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  encryptKey,
  issueServerCertificate,
  readCertificateBundle,
  readKey,
  CertificateError,
  type CertificateBundle,
  type KeyedCertificate,
  type NameConstraints,
} from '@mooring/certs'
import { isIpAddress } from '../../contract/setup-fields.ts'
import { writeFileDurably } from '../../platform/files.ts'
import { certificateNamesOf } from '../registry-address.ts'
import { requireSigningRequest } from '../signing-request.ts'
import type { RevealedValues } from '../step.ts'
import { issueTemporary } from '../temporary-certificate.ts'
import type { Task, TaskContext } from './task.ts'

type Values = RevealedValues['certificates']
type Created = Extract<Values, { kind: 'create' }>
type AuthorityKey = Created['authorityKey']
type Material = Extract<Values, { kind: 'finished' }>['server']

/** As long as all clients accept one: who signs it may take weeks. */
const temporaryDays = 397

export const certificatesTask: Task = {
  id: 'certificates',
  step: 'certificates',
  failure: 'MOOR-SET-033',
  async run(context) {
    const { values, configDir, clock, remember } = context
    const { certificates } = values
    const { kind } = certificates
    const at = (name: string) => path.join(configDir, name)
    // What a server of this setup made of an earlier certificate is worth nothing now.
    await removeHistory(at('certificates'), kind === 'request' ? ['request.json'] : [])
    const keyToTake = 'authorityKey' in certificates && certificates.authorityKey.kind === 'offline'
    await remember({ keyToTake })

    if (kind === 'finished' || kind === 'request') {
      const pair =
        kind === 'finished'
          ? await finishedPair(certificates.server)
          : await temporaryPair(context, certificates)
      await rm(at('ca.key'), { force: true })
      if (pair.authority === undefined) await rm(at('ca.crt'), { force: true })
      else await writeFileDurably(at('ca.crt'), pair.authority, 0o644)
      await writePair(configDir, 'ssl', pair)
      return describe(pair)
    }
    const authority =
      kind === 'create'
        ? await ownAuthority(context, certificates)
        : await companyAuthority(context, certificates)
    const pair = await issueServerCertificate({
      authority,
      names: certificateNamesOf(values),
      now: clock.now(),
      lifeDays: certificates.serverDays,
      keyType: certificates.keyType,
    })
    await writePair(configDir, 'ssl', pair)
    return keyToTake
      ? `${describe(pair)}; the key of the authority waits in ca.key, encrypted, to be taken away`
      : describe(pair)
  },
}

async function removeHistory(folder: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!kept.includes(name)) await rm(path.join(folder, name), { recursive: true, force: true })
  }
}

/** The authority of an earlier attempt stays, because clients may trust it already. */
async function ownAuthority(context: TaskContext, wanted: Created): Promise<KeyedCertificate> {
  const { values, configDir, clock, created, remember } = context
  const names = certificateNamesOf(values)
  const { serverDays: _serverDays, authorityKey, ...about } = wanted
  const print = createHash('sha256')
    .update(JSON.stringify([about, wanted.nameConstraints ? names : []]))
    .digest('hex')
  const found = await readAuthority(configDir, authorityKey)
  if (found !== undefined && created().authorityOf === print) {
    await writeAuthority(configDir, found, authorityKey)
    return found
  }
  const authority = await createAuthority({
    commonName: wanted.commonName,
    ...(wanted.organization !== '' && { organization: wanted.organization }),
    ...(wanted.country !== '' && { country: wanted.country }),
    keyType: wanted.keyType,
    years: wanted.years,
    ...(wanted.nameConstraints && { permitted: constraintsOf(names) }),
    now: clock.now(),
  })
  await writeAuthority(configDir, authority, authorityKey)
  await remember({ authorityOf: print })
  return authority
}

export function constraintsOf(names: readonly string[]): NameConstraints {
  const hosts = names.filter((name) => !isIpAddress(name))
  return {
    domains: [...new Set(hosts.map((name) => name.replace(/^\*\./, '')))],
    ranges: names.filter(isIpAddress).map((ip) => `${ip}/${isIPv6(ip) ? 128 : 32}`),
  }
}

async function companyAuthority(
  { configDir }: TaskContext,
  { authority: material, authorityKey }: Extract<Values, { kind: 'company' }>,
): Promise<KeyedCertificate> {
  const { leaf, chain, keyPem } = await readMaterial(material)
  const authority = { certificatePem: [leaf, ...chain].join(''), keyPem }
  await writeAuthority(configDir, authority, authorityKey)
  return authority
}

interface FinishedPair extends KeyedCertificate {
  readonly authority: string | undefined
}

async function finishedPair(material: Material): Promise<FinishedPair> {
  const { leaf, chain, keyPem } = await readMaterial(material)
  const authority = chain.findLast((pem) => describeCertificate(pem).isAuthority)
  return { certificatePem: [leaf, ...chain].join(''), keyPem, authority }
}

/** What is served until the signing request is answered. */
async function temporaryPair(
  context: TaskContext,
  wish: Extract<Values, { kind: 'request' }>,
): Promise<FinishedPair> {
  const { values, clock } = context
  await requireSigningRequest(wish, values, context)
  const names = certificateNamesOf(values)
  const about = { title: 'Mooring temporary', lifeDays: temporaryDays, keyType: wish.keyType }
  return { ...(await issueTemporary({ ...about, names, now: clock.now() })), authority: undefined }
}

export async function readMaterial(
  material: Material,
): Promise<CertificateBundle & { readonly keyPem: string }> {
  const inputs =
    material.format === 'pem'
      ? [Buffer.from(material.certificate), Buffer.from(material.key)]
      : [Buffer.from(material.file, 'base64')]
  const { keyPem, ...bundle } = await readCertificateBundle(
    inputs,
    material.passphrase ?? undefined,
  )
  if (keyPem === undefined) throw new Error('the private key is missing')
  return { ...bundle, keyPem }
}

/** The key first: a certificate without its key would look finished. */
async function writePair(configDir: string, name: 'ca' | 'ssl', pair: KeyedCertificate) {
  const certificate = name === 'ca' ? 'ca.crt' : 'ssl.cert'
  await writeFileDurably(path.join(configDir, `${name}.key`), pair.keyPem, 0o600)
  await writeFileDurably(path.join(configDir, certificate), pair.certificatePem, 0o644)
}

async function writeAuthority(
  configDir: string,
  { certificatePem, keyPem }: KeyedCertificate,
  wish: AuthorityKey,
): Promise<void> {
  const stored = wish.kind === 'stored' ? keyPem : await encryptKey(keyPem, wish.passphrase)
  await writePair(configDir, 'ca', { certificatePem, keyPem: stored })
}

/** Undefined also where the passphrase has changed meanwhile: then nobody can use it any more. */
async function readAuthority(
  configDir: string,
  wish: AuthorityKey,
): Promise<KeyedCertificate | undefined> {
  try {
    const certificatePem = await readFile(path.join(configDir, 'ca.crt'), 'utf8')
    const stored = await readFile(path.join(configDir, 'ca.key'), 'utf8')
    const keyPem = await readKey(stored, wish.kind === 'stored' ? undefined : wish.passphrase)
    return checkKeyMatches(certificatePem, keyPem) ? { certificatePem, keyPem } : undefined
  } catch (error) {
    if (error instanceof CertificateError) return undefined
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function describe({ certificatePem }: KeyedCertificate): string {
  const { names, notAfter } = describeCertificate(certificatePem)
  return `${names.join(', ')}; until ${new Date(notAfter).toISOString()}`
}
