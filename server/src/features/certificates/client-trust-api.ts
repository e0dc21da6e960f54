import { fingerprint, trustInstructions, trustScript } from '@mooring/certs'
import { getTrustInstructions } from '../../contract/certificates.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { DistributedAuthorities } from './authority-api.ts'
import { answering, requireDistributed } from './certificate-api.ts'

export interface TrustAddress {
  readonly host: string
  readonly port: number
  /** Where the authority is given out without TLS. */
  readonly httpUrl: string
}

const mostMirrors = 50

/** How clients are made to trust this server, for everybody. */
export function clientTrustApi({
  distributed,
  addressOf,
  hosts,
}: {
  distributed: DistributedAuthorities
  /** How clients reach the registry, or reach it when they call it so. */
  addressOf: (host?: string) => TrustAddress | undefined
  /** `host[:port]` of every name that clients may call it by. */
  hosts: () => readonly string[]
}): readonly ApiRoute[] {
  return [
    route(getTrustInstructions, ({ query }) =>
      answering(async () => {
        const pem = await requireDistributed(distributed)
        const address = addressOf(query.host)
        if (address === undefined) {
          throw new Problem('rule-violated', { message: 'host must be host[:port]' })
        }
        const target = {
          ...address,
          fingerprint: fingerprint(pem),
          mirrors: mirrorsOf(query.mirrors ?? ''),
        }
        return {
          ...{ host: address.host, port: address.port, fingerprint: target.fingerprint },
          ca_url: `${address.httpUrl}/ca.crt`,
          hosts: [...hosts()],
          instructions: trustInstructions(target).map((one) => ({
            ...{ client: one.client, title: one.title, shell: one.shell },
            ...{ commands: [...one.commands], check: [...one.check], undo: [...one.undo] },
            ...{ note: one.note ?? null, script: trustScript(one) },
            script_name: `mooring-trust-${one.client}.${one.shell}`,
          })),
        }
      }),
    ),
  ]
}

function mirrorsOf(text: string) {
  const mirrors = text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const [registry = '', organization = ''] = part.split('=')
      return { registry, organization }
    })
  if (mirrors.length > mostMirrors) {
    throw new Problem('rule-violated', {
      message: `mirrors must be at most ${String(mostMirrors)}`,
    })
  }
  return mirrors
}
