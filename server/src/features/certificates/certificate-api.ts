import { CertificateError, certificatesIn, toDer, toPkcs7 } from '@mooring/certs'
import {
  completeCertificateRequest,
  createCertificateRequest,
  discardCertificateRequest,
  examineCertificate,
  getCertificates,
  renewCertificate,
  replaceCertificate,
  rollBackCertificate,
} from '../../contract/certificates.ts'
import { getCertificateAuthority } from '../../contract/certificate-authority.ts'
import { Problem } from '../../problem.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { DistributedAuthorities } from './authority-api.ts'
import { CertificateFault } from './certificate-codes.ts'
import type { CertificateOverviewService } from './certificate-overview-service.ts'
import type { By, CertificateService } from './certificate-service.ts'
import {
  presentCertificate,
  presentEntry,
  presentFinding,
  presentOverview,
  presentRequest,
} from './certificate-view.ts'
import type { ServedCertificate } from './served-certificate.ts'

/** The server's own certificate, for superusers. */
export function certificateApi({
  certificates,
  overview,
  served,
  distributed,
}: {
  certificates: CertificateService
  overview: CertificateOverviewService
  served: ServedCertificate
  distributed: DistributedAuthorities
}): readonly ApiRoute[] {
  const changed = async (work: Parameters<typeof changing>[0]) => {
    const entry = await changing(work)
    await served.refresh()
    return presentEntry(entry, entry.id)
  }

  return [
    route(getCertificates, async () => presentOverview(await overview.read())),

    route(renewCertificate, ({ body, principal, clientAddress }) =>
      changed(() =>
        certificates.renew(
          {
            ...{ names: body.names, days: body.days, passphrase: body.passphrase },
            ...{ keepKey: body.keep_key, keyType: body.key_type },
          },
          whoIs(principal, clientAddress),
        ),
      ),
    ),

    route(examineCertificate, ({ body }) =>
      answering(async () => {
        const { bundle, findings } = await certificates.examine(filesOf(body))
        return {
          certificate: presentCertificate(bundle.leaf),
          chain: bundle.chain.map(presentCertificate),
          has_key: bundle.keyPem !== undefined,
          findings: findings.map(presentFinding),
        }
      }),
    ),

    route(replaceCertificate, ({ body, principal, clientAddress }) =>
      changed(() =>
        certificates.replace(
          { ...filesOf(body), force: body.force },
          whoIs(principal, clientAddress),
        ),
      ),
    ),

    route(rollBackCertificate, ({ body, principal, clientAddress }) =>
      changed(() => certificates.rollBack(body.id, whoIs(principal, clientAddress))),
    ),

    route(createCertificateRequest, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const { names, organization, country, key_type: keyType } = body
        const wishes = { names, organization, country, keyType }
        const made = await certificates.createRequest(wishes, whoIs(principal, clientAddress))
        return presentRequest(made)
      }),
    ),

    route(completeCertificateRequest, ({ body, principal, clientAddress }) =>
      changed(() =>
        certificates.completeRequest(
          { ...filesOf(body), force: body.force },
          whoIs(principal, clientAddress),
        ),
      ),
    ),

    route(discardCertificateRequest, ({ principal, clientAddress }) =>
      answering(async () => {
        await certificates.discardRequest(whoIs(principal, clientAddress))
        return undefined
      }),
    ),

    route(getCertificateAuthority, () =>
      answering(async () => {
        const pem = await requireDistributed(distributed)
        return {
          certificates: certificatesIn(pem).map(presentCertificate),
          pem,
          der: toDer(pem).toString('base64'),
          pkcs7: toPkcs7(pem).toString('base64'),
        }
      }),
    ),
  ]
}

export async function requireDistributed(distributed: DistributedAuthorities): Promise<string> {
  const pem = await distributed()
  if (pem === undefined) throw new Problem('not-found')
  return pem
}

type Entry = Awaited<ReturnType<CertificateService['renew']>>

const changing = (work: () => Promise<Entry>): Promise<Entry> => answering(work)

/** What an administrator can put right is told with its code and the next step. */
export async function answering<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CertificateFault || error instanceof CertificateError) {
      const { message, code, nextStep } = error
      const extra = { code, next_step: nextStep }
      throw new Problem('rule-violated', { message, extra }, { cause: error })
    }
    throw error
  }
}

export function whoIs(principal: UserPrincipal, address: string): By {
  return { by: principal.username, address, principal }
}

function filesOf(body: {
  readonly pem?: string | undefined
  readonly files?: readonly string[] | undefined
  readonly passphrase?: string | undefined
}) {
  const { pem, files = [], passphrase } = body
  return {
    inputs: [
      ...(pem === undefined ? [] : [Buffer.from(pem)]),
      ...files.map((file) => Buffer.from(file, 'base64')),
    ],
    passphrase,
  }
}
