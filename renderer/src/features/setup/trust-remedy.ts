import type { TestLine } from '@mooring/server/contract/setup'
import { m } from '../../paraglide/messages.js'
import type { StepForm } from './step-form.svelte.ts'

/** An authority that nobody here knows, and what happens once somebody vouches for it. */
export interface TrustWish {
  readonly host: string
  readonly issuer: string
  readonly fingerprint: string
  readonly accept: () => void
}
export interface Remedy {
  readonly label: string
  readonly onclick: () => void
}

/** For an upstream whose certificate nobody knows: to trust its authority for this upstream. */
export function trustRemedy(
  mirrors: StepForm<'mirrors'>,
  ask: (wish: TrustWish) => void,
): (line: TestLine) => Remedy | undefined {
  return ({ id, finding }) => {
    if (finding?.code !== 'MOOR-NET-022') return undefined
    const { authority, fingerprint, host, issuer } = finding.facts
    const { upstreams } = mirrors.form.values
    const upstream = upstreams.find(({ name }) => id.startsWith(`upstream:${name}:`))
    if (upstream === undefined || typeof authority !== 'string') return undefined
    const accept = () => {
      upstream.ca = [upstream.ca, authority].filter((pem) => pem !== '').join('\n')
      void mirrors.tryOut()
    }
    const about = { host: String(host), issuer: String(issuer), fingerprint: String(fingerprint) }
    return {
      label: m.setup_trust_ca(),
      onclick: () => {
        ask({ ...about, accept })
      },
    }
  }
}
