import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import path from 'node:path'
import {
  checkKeyMatches,
  createAuthority,
  describeCertificate,
  issueServerCertificate,
  readCertificateBundle,
  type CertificateBundle,
  type KeyedCertificate,
  type NameConstraints,
} from '@mooring/certs'
import { isIpAddress } from '../../contract/setup-fields.ts'
import { writeFileDurably } from '../../platform/files.ts'
import { certificateNamesOf } from '../registry-address.ts'
import type { RevealedValues } from '../step.ts'
import type { Task, TaskContext } from './task.ts'

type Values = RevealedValues['certificates']
type Created = Extract<Values, { kind: 'create' }>
type Material = Extract<Values, { kind: 'finished' }>['server']

export const certificatesTask: Task = {
  id: 'certificates',
  step: 'certificates',
  failure: 'MOOR-SET-033',
  async run(context) {
    const { values, configDir, clock } = context
    const { certificates } = values
    const at = (name: string) => path.join(configDir, name)
    // What a server of this setup made of an earlier certificate is worth nothing now.
    await rm(at('certificates'), { recursive: true, force: true })

    if (certificates.kind === 'finished') {
      const { pair, authority } = await finishedPair(certificates.server)
      await rm(at('ca.key'), { force: true })
      if (authority === undefined) await rm(at('ca.crt'), { force: true })
      else await writeFileDurably(at('ca.crt'), authority, 0o644)
      await writePair(configDir, 'ssl', pair)
      return describe(pair)
    }
    const authority =
      certificates.kind === 'create'
        ? await ownAuthority(context, certificates)
        : await companyAuthority(context, certificates.authority)
    const pair = await issueServerCertificate({
      authority,
      names: certificateNamesOf(values),
      now: clock.now(),
      lifeDays: certificates.serverDays,
      keyType: certificates.keyType,
    })
    await writePair(configDir, 'ssl', pair)
    return describe(pair)
  },
}

/** The authority of an earlier attempt stays, because clients may trust it already. */
async function ownAuthority(context: TaskContext, wanted: Created): Promise<KeyedCertificate> {
  const { values, configDir, clock, created, remember } = context
  const names = certificateNamesOf(values)
  const { serverDays: _serverDays, ...about } = wanted
  const print = createHash('sha256')
    .update(JSON.stringify([about, wanted.nameConstraints ? names : []]))
    .digest('hex')
  const found = await readPair(configDir)
  if (found !== undefined && created().authorityOf === print) return found
  const authority = await createAuthority({
    commonName: wanted.commonName,
    ...(wanted.organization !== '' && { organization: wanted.organization }),
    ...(wanted.country !== '' && { country: wanted.country }),
    keyType: wanted.keyType,
    years: wanted.years,
    ...(wanted.nameConstraints && { permitted: constraintsOf(names) }),
    now: clock.now(),
  })
  await writePair(configDir, 'ca', authority)
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
  material: Material,
): Promise<KeyedCertificate> {
  const { leaf, chain, keyPem } = await readMaterial(material)
  const authority = { certificatePem: [leaf, ...chain].join(''), keyPem }
  await writePair(configDir, 'ca', authority)
  return authority
}

async function finishedPair(material: Material) {
  const { leaf, chain, keyPem } = await readMaterial(material)
  return {
    pair: { certificatePem: [leaf, ...chain].join(''), keyPem },
    authority: chain.findLast((pem) => describeCertificate(pem).isAuthority),
  }
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

async function readPair(configDir: string): Promise<KeyedCertificate | undefined> {
  try {
    const certificatePem = await readFile(path.join(configDir, 'ca.crt'), 'utf8')
    const keyPem = await readFile(path.join(configDir, 'ca.key'), 'utf8')
    return checkKeyMatches(certificatePem, keyPem) ? { certificatePem, keyPem } : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function describe({ certificatePem }: KeyedCertificate): string {
  const { names, notAfter } = describeCertificate(certificatePem)
  return `${names.join(', ')}; until ${new Date(notAfter).toISOString()}`
}
