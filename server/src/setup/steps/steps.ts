import type { Passwords } from '../../features/accounts/password.ts'
import type { Steps } from '../step.ts'
import { adminStep } from './admin-step.ts'
import { certificatesStep } from './certificates-step.ts'
import { identityStep } from './identity-step.ts'
import { mirrorsStep } from './mirrors-step.ts'
import { networkStep } from './network-step.ts'
import { scanningStep } from './scanning-step.ts'
import { storageStep } from './storage-step.ts'
import { welcomeStep } from './welcome-step.ts'

export function setupSteps({ passwords }: { passwords: Pick<Passwords, 'hash'> }): Steps {
  return {
    welcome: welcomeStep,
    identity: identityStep,
    network: networkStep,
    certificates: certificatesStep,
    storage: storageStep,
    admin: adminStep(passwords),
    mirrors: mirrorsStep,
    scanning: scanningStep,
  }
}
