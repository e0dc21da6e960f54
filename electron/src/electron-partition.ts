import { session } from 'electron'
import type { ShellPartition } from './shell.ts'

const accepted = 0
const refused = -2

export function openElectronPartition(name: string): ShellPartition {
  const own = session.fromPartition(name)
  own.setDevicePermissionHandler(() => false)
  own.setUSBProtectedClassesHandler(() => [])
  own.setDisplayMediaRequestHandler((_request, answer) => {
    answer(null)
  })
  own.setSpellCheckerEnabled(false)
  return {
    judgeCertificates(judge) {
      own.setCertificateVerifyProc(({ hostname, certificate }, answer) => {
        answer(judge({ hostname, chain: chainOf(certificate) }) ? accepted : refused)
      })
    },
    judgePermissions(judge) {
      own.setPermissionRequestHandler(
        (_contents, permission, answer, { requestingUrl, isMainFrame }) => {
          answer(judge({ permission, origin: requestingUrl, isMainFrame }))
        },
      )
      own.setPermissionCheckHandler((_contents, permission, origin, { isMainFrame }) =>
        judge({ permission, origin, isMainFrame }),
      )
    },
    async post(address, body) {
      const { status } = await own.fetch(address, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
        credentials: 'include',
        redirect: 'error',
      })
      return { status }
    },
  }
}

/** What Chromium hands over; its types promise an issuer, which a root does not have. */
interface ChainLink {
  readonly data: string
  readonly issuerCert?: ChainLink
}

/** The certificate and those above it, as far as they were sent; a chain can be a circle. */
function chainOf(certificate: ChainLink): readonly string[] {
  const chain: string[] = []
  let next: ChainLink | undefined = certificate
  while (next !== undefined && chain.length < 8 && !chain.includes(next.data)) {
    chain.push(next.data)
    next = next.issuerCert
  }
  return chain
}
