import {
  CertificateError,
  createAuthority,
  describeCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '@mooring/certs'
import type { TestLine } from '../../contract/setup.ts'
import { probeCertificate } from '../../probes/certificate-probe.ts'
import { probeHandshake } from '../../probes/handshake-probe.ts'
import { probing, reasonOf, wrong, type Outcome } from '../../probes/probe.ts'
import { constraintsOf, readMaterial } from '../apply/authority.ts'
import { listeningAddresses } from '../outbound.ts'
import { certificateNamesOf } from '../registry-address.ts'
import type { CheckContext, RevealedValues } from '../step.ts'
import { issueTemporary } from '../temporary-certificate.ts'

type Values = RevealedValues['certificates']

interface Trial {
  readonly server: KeyedCertificate
  readonly certificate: string
  readonly chain: readonly string[]
  /** What clients will trust; undefined where it did not come along. */
  readonly trust?: readonly string[]
}

const mostNames = 8

/** The certificate made, or read, looked at from all sides and shown on every address. */
export async function* checkCertificates(
  values: Values,
  context: CheckContext,
): AsyncGenerator<TestLine> {
  const [identity, network] = [
    await context.valuesOf('identity'),
    await context.valuesOf('network'),
  ]
  const { primaryName, moreNames, addresses } = identity
  const names = [...new Set([primaryName, ...moreNames, ...addresses])]
  let trial: Trial | undefined
  const trying =
    values.kind === 'finished' ? 'Reading the certificate' : 'Making a certificate to try'
  const made = yield* probing(context, 'certificate:made', trying, async () => {
    try {
      trial = await makeTrial(values, certificateNamesOf({ identity }), context)
      const { subject, sha256Fingerprint } = describeCertificate(trial.certificate)
      const done = values.kind === 'finished' ? 'was read' : 'was made, and will be made anew'
      return { state: 'ok', text: `${subject} ${done}`, facts: { sha256Fingerprint } }
    } catch (error) {
      return explain(error)
    }
  })
  if (made !== 'ok' || trial === undefined) return
  const { server, certificate, chain, trust } = trial
  const { keyPem } = server
  yield* probeCertificate({ certificate, chain, keyPem, names, ...(trust && { trust }) }, context)

  const authorities = trust ?? [certificate]
  const covered = new Set(describeCertificate(certificate).names)
  const shown = names.filter((name) => covered.has(name)).slice(0, mostNames)
  for (const address of listeningAddresses(network, identity, context.machine.network)) {
    const about = { address, port: 0, server, authorities, names: shown.length > 0 ? shown : names }
    yield* probeHandshake({ ...about, purpose: 'handshake' }, context)
  }
}

async function makeTrial(
  values: Values,
  names: readonly string[],
  { clock }: CheckContext,
): Promise<Trial> {
  const now = clock.now()
  if (values.kind === 'finished') {
    const { leaf, chain, keyPem } = await readMaterial(values.server)
    const top = chain.findLast((pem) => describeCertificate(pem).isAuthority)
    return {
      server: { certificatePem: [leaf, ...chain].join(''), keyPem },
      ...{ certificate: leaf, chain },
      ...(top !== undefined && { trust: [top] }),
    }
  }
  if (values.kind === 'request') {
    const { keyType } = values
    const server = await issueTemporary({ title: 'Mooring temporary', names, now, keyType })
    const [certificate = '', ...chain] = splitPem(server.certificatePem)
    return { server, certificate, chain, trust: chain }
  }
  const { authority, trust } = await authorityOf(values, names, now)
  const { keyType, serverDays: lifeDays } = values
  const server = await issueServerCertificate({ authority, names, now, lifeDays, keyType })
  const [certificate = '', ...chain] = splitPem(server.certificatePem)
  return { server, certificate, chain, trust: [trust] }
}

async function authorityOf(
  values: Exclude<Values, { kind: 'finished' | 'request' }>,
  names: readonly string[],
  now: number,
): Promise<{ readonly authority: KeyedCertificate; readonly trust: string }> {
  if (values.kind === 'company') {
    const { leaf, chain, keyPem } = await readMaterial(values.authority)
    const authority = { certificatePem: [leaf, ...chain].join(''), keyPem }
    return { authority, trust: chain.at(-1) ?? leaf }
  }
  const authority = await createAuthority({
    commonName: values.commonName,
    ...(values.organization !== '' && { organization: values.organization }),
    ...(values.country !== '' && { country: values.country }),
    keyType: values.keyType,
    years: values.years,
    ...(values.nameConstraints && { permitted: constraintsOf(names) }),
    now,
  })
  return { authority, trust: authority.certificatePem }
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g) ?? []
}

/** What the certificates' own table says where it knows better. */
function explain(error: unknown): Outcome {
  if (!(error instanceof CertificateError)) {
    return wrong('MOOR-TLS-201', { reason: reasonOf(error) })
  }
  const { code, message, nextStep, parameters } = error
  const text = message.replace(/\.$/, '')
  const finding = { code, text, next: nextStep.replace(/\.$/, ''), facts: parameters }
  return { state: 'failed', text, finding }
}
