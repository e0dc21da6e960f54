import { describeCertificate } from '@mooring/certs'
import {
  addTrustedAuthority,
  fetchServerAuthorities,
  listTrustedAuthorities,
  removeTrustedAuthority,
} from '../../contract/trusted-authorities.ts'
import { Problem } from '../../problem.ts'
import { disconnectedFault } from '../../upstream/guard.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { TlsServer } from '../outgoing/server-chain-service.ts'
import { answering, whoIs } from './certificate-api.ts'
import { presentCertificate, presentTrusted } from './certificate-view.ts'
import type { UpstreamTrustService } from './upstream-trust-service.ts'

const usualPort = 443

/** Which authorities outgoing connections trust, for superusers. */
export function upstreamTrustApi({
  trust,
  refresh,
  isDisconnected,
}: {
  trust: UpstreamTrustService
  /** Makes this process follow at once; others of the same folder do within seconds. */
  refresh: () => Promise<unknown>
  /** Nobody may be asked for what he shows. */
  isDisconnected: () => boolean
}): readonly ApiRoute[] {
  const list = async () => ({ files: (await trust.list()).map(presentTrusted) })

  function requireConnected({ host, port }: TlsServer): void {
    if (!isDisconnected()) return
    const fault = disconnectedFault({ host: `${host}:${String(port)}`, asked: 'its certificate' })
    throw new Problem('request-invalid', { message: fault.message, extra: { code: fault.code } })
  }

  return [
    route(listTrustedAuthorities, list),

    route(addTrustedAuthority, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const { pem = '', server, name } = body
        const who = whoIs(principal, clientAddress)
        if (server === undefined) await trust.add(pem, { name }, who)
        else {
          const { host, port = usualPort, fingerprint } = server
          requireConnected({ host, port })
          await trust.addFromServer({ host, port, fingerprint }, { name }, who)
        }
        await refresh()
        return list()
      }),
    ),

    route(fetchServerAuthorities, ({ body }) =>
      answering(async () => {
        const { host, port = usualPort } = body
        requireConnected({ host, port })
        const { chain, problem } = await trust.fetch({ host, port })
        return {
          chain: chain.map((pem) => ({
            ...presentCertificate(pem),
            ...{ pem, is_root: describeCertificate(pem).isSelfIssued },
          })),
          trusted: problem === undefined,
          problem: problem ?? null,
        }
      }),
    ),

    route(removeTrustedAuthority, ({ params, principal, clientAddress }) =>
      answering(async () => {
        await trust.remove(params.fingerprint, whoIs(principal, clientAddress))
        await refresh()
        return undefined
      }),
    ),
  ]
}
