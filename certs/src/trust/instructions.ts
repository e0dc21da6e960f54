import { containerd } from './containerd.ts'
import { debian } from './debian.ts'
import { docker } from './docker.ts'
import { fetchAndCompare } from './fetch.ts'
import { podman } from './podman.ts'
import { rhel } from './rhel.ts'
import { checkTarget, type TrustInstruction, type TrustTarget } from './target.ts'

export { trustClients } from './target.ts'
export type { TrustClient, TrustInstruction, TrustTarget } from './target.ts'

/**
 * How each kind of client is made to trust a server's authority, with the real address filled in.
 * The first entry fetches the certificate that the others install.
 * @throws CertificateError `name-invalid`
 */
export function trustInstructions(target: TrustTarget): readonly TrustInstruction[] {
  const checked = checkTarget(target)
  return [
    fetchAndCompare(checked),
    podman(checked),
    docker(checked),
    debian,
    rhel,
    containerd(checked),
  ]
}

/**
 * One instruction as a script: its commands, then its check. It stops at the first command that
 * fails, and is named `<client>.sh` or `<client>.ps1`.
 */
export function trustScript(_instruction: TrustInstruction): string {
  throw new Error('not built yet')
}
