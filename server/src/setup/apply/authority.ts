import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import {
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  encryptKey,
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
import type { RevealedValues } from '../step.ts'
import type { TaskContext } from './task.ts'

type Values = RevealedValues['certificates']
type Created = Extract<Values, { kind: 'create' }>
type Company = Extract<Values, { kind: 'company' }>
type AuthorityKey = Created['authorityKey']
type Material = Extract<Values, { kind: 'finished' }>['server']

/** What making an authority needs; it may be made before anything is applied. */
export type AuthorityContext = Pick<TaskContext, 'configDir' | 'clock' | 'created' | 'remember'> & {
  readonly values: Pick<RevealedValues, 'identity' | 'certificates'>
}

/** The authority of an earlier attempt stays, because clients may trust it already. */
export async function ownAuthority(
  context: AuthorityContext,
  wanted: Created,
): Promise<KeyedCertificate> {
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
  await mkdir(configDir, { recursive: true, mode: 0o700 })
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

export async function companyAuthority(
  { configDir }: Pick<TaskContext, 'configDir'>,
  { authority: material, authorityKey }: Company,
): Promise<KeyedCertificate> {
  const { leaf, chain, keyPem } = await readMaterial(material)
  const authority = { certificatePem: [leaf, ...chain].join(''), keyPem }
  await writeAuthority(configDir, authority, authorityKey)
  return authority
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

export interface FinishedPair extends KeyedCertificate {
  /** The highest of the chain. */
  readonly authority: string | undefined
}

export async function readFinished(material: Material): Promise<FinishedPair> {
  const { leaf, chain, keyPem } = await readMaterial(material)
  const authority = chain.findLast((pem) => describeCertificate(pem).isAuthority)
  return { certificatePem: [leaf, ...chain].join(''), keyPem, authority }
}

/**
 * What clients will have to trust, PEM; made now where it is to be made here. Undefined: nothing of
 * this setup.
 */
export async function requireTrusted(context: AuthorityContext): Promise<string | undefined> {
  const { certificates } = context.values
  switch (certificates.kind) {
    case 'create':
      return (await ownAuthority(context, certificates)).certificatePem
    case 'company':
      return (await readMaterial(certificates.authority)).leaf
    case 'finished':
      return (await readFinished(certificates.server)).authority
    case 'request':
      return undefined
  }
}

/** The key first: a certificate without its key would look finished. */
export async function writePair(configDir: string, name: 'ca' | 'ssl', pair: KeyedCertificate) {
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
