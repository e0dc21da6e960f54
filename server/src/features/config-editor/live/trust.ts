import { getCACertificates } from 'node:tls'
import { certificatesIn } from '@mooring/certs'
import type { Bundle } from '../bundle.ts'

/** The authorities that a check trusts. */
export interface Trust {
  /** PEM, one each. */
  readonly authorities: () => string[]
}

/** What the system trusts, and what the bundle brings; a file that is no certificate adds nothing. */
export function bundleTrust(certs: Bundle['certs']): Trust {
  let known: string[] | undefined
  return {
    authorities: () => {
      known ??= [...getCACertificates('default'), ...extraAuthorities(certs)]
      return known
    },
  }
}

function extraAuthorities(certs: Bundle['certs']): readonly string[] {
  const extra = [...certs].filter(([name]) => name.startsWith('extra_ca'))
  return extra.flatMap(([, file]) => {
    try {
      return certificatesIn(file.toString('latin1'))
    } catch {
      return []
    }
  })
}
