import { certificateProblemText, certificatesIn, describeCertificate } from '@mooring/certs'
import {
  readExtraAuthorities,
  type ExtraAuthorityFile,
} from '../features/outgoing/extra-authorities.ts'
import type { CertificateOverview } from '../features/certificates/certificate-overview-service.ts'
import type { CertificateEntry } from '../features/certificates/certificate-state.ts'
import { openCertificates, type CertOptions } from './cert-context.ts'
import { print } from './print.ts'

type Description = ReturnType<typeof describeCertificate>

export async function showStatus(options: CertOptions): Promise<void> {
  const { store, certificates, overview } = await openCertificates(options)
  const pair = await store.current()
  const { server: outlook, authority } = await overview.read()
  const { rollover } = await store.readState()
  const findings = (pair === undefined ? [] : certificates.findings(pair)).map((finding) => {
    const { problem, code, severity, parameters } = finding
    const { text, nextStep } = certificateProblemText(problem, parameters)
    return { code, severity, text, nextStep }
  })
  const server = pair && describeCertificate(pair.certificatePem)
  const problem = outlook?.renewalProblem
  print(
    {
      server,
      authority: authority?.description,
      authorityKey: authority?.keyPlace,
      authorityPassphrase: authority?.passphrase,
      renewsAt: outlook?.renewsAt ?? null,
      renewalProblem: problem && {
        code: problem.code,
        text: problem.message,
        nextStep: problem.nextStep,
      },
      rollover,
      findings,
      request: await certificates.findRequest(),
    },
    [
      table('server certificate', server),
      table('CA', authority?.description) +
        (authority === undefined ? '' : `\n  CA key       ${keyLine(authority)}`),
      ...(typeof outlook?.renewsAt === 'number'
        ? [`renewed by itself on ${isoDay(outlook.renewsAt)}`]
        : []),
      ...(problem === undefined
        ? []
        : [`${problem.message} (${problem.code})\n  ${problem.nextStep}`]),
      ...(rollover === null ? [] : [`CA replacement: ${rollover.phase}`]),
      ...findings.map(
        ({ code, severity, text, nextStep }) => `${severity}: ${text} (${code})\n  ${nextStep}`,
      ),
    ].join('\n\n'),
    options,
  )
}

function keyLine({ keyPlace, passphrase }: NonNullable<CertificateOverview['authority']>): string {
  const isStored = keyPlace === 'encrypted' && passphrase === 'stored'
  return isStored ? `${keyPlace}, passphrase stored for renewal` : keyPlace
}

export async function showHistory(options: CertOptions): Promise<void> {
  const { store, certificates } = await openCertificates(options)
  const { current } = await store.readState()
  const entries = (await certificates.history()).map((entry) => ({
    id: entry.id,
    current: entry.id === current,
    created: new Date(entry.createdAt).toISOString(),
    ...{ source: entry.source, by: entry.by },
    certificate: describeCertificate(entry.pair.certificatePem),
  }))
  const line = ({ id, current, source, by, certificate }: (typeof entries)[number]) =>
    `${current ? '*' : ' '} ${id}  ${source}, by ${by}, until ${isoDay(certificate.notAfter)}: ${certificate.names.join(', ')}`
  print({ entries }, entries.map(line).join('\n'), options)
}

export async function showTrusted(options: CertOptions): Promise<void> {
  const { configDir, distributed } = await openCertificates(options)
  const own = await distributed()
  const extra = await readExtraAuthorities(configDir)
  const files = filesOf(extra)
  const authorities = own === undefined ? [] : certificatesIn(own).map(describeCertificate)
  const lines = [
    ...authorities.map((one) => `given to clients: ${summary(one)}`),
    ...files.flatMap(linesOf),
  ]
  print({ authorities, extra: files }, lines.join('\n') || 'none', options)
}

/** What the registry trusts besides its system, and that alone. */
export async function showExtra(options: CertOptions): Promise<void> {
  const { upstreamTrust } = await openCertificates(options)
  const files = filesOf(await upstreamTrust.list())
  print({ files }, files.flatMap(linesOf).join('\n') || 'none', options)
}

function filesOf(extra: readonly ExtraAuthorityFile[]) {
  return extra.map(({ file, certificates, problem }) => ({
    file,
    ...(problem !== undefined && { problem }),
    certificates: certificates.map(describeCertificate),
  }))
}

function linesOf({ file, problem, certificates }: ReturnType<typeof filesOf>[number]) {
  return problem !== undefined
    ? [`${file}: passed over, ${problem}`]
    : certificates.map((one) => `${file}: ${summary(one)}`)
}

/** What a change came to. */
export function printEntry({ id, source, pair }: CertificateEntry, options: CertOptions): void {
  const certificate = describeCertificate(pair.certificatePem)
  print(
    { id, source, certificate },
    `${table('server certificate', certificate)}\nA running server uses it within a few seconds.`,
    options,
  )
}

export function summary({ subject, notAfter, sha256Fingerprint }: Description): string {
  return `${subject}, until ${isoDay(notAfter)}, SHA-256 ${sha256Fingerprint}`
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10)
}

function table(title: string, certificate: Description | undefined): string {
  if (certificate === undefined) return `${title}: none`
  return [
    title,
    `  subject      ${certificate.subject}`,
    `  issuer       ${certificate.issuer}`,
    `  names        ${certificate.names.join(', ')}`,
    `  valid from   ${new Date(certificate.notBefore).toISOString()}`,
    `  valid until  ${new Date(certificate.notAfter).toISOString()}`,
    `  key          ${certificate.keyType}`,
    `  serial       ${certificate.serial}`,
    `  SHA-256      ${certificate.sha256Fingerprint}`,
  ].join('\n')
}
