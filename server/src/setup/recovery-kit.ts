import { mkdir } from 'node:fs/promises'
import { describeCertificate } from '@mooring/certs'
import type { RecoveryKitView, SetupState } from '../contract/setup.ts'
import type { StepId } from '../contract/setup-steps.ts'
import { drawRecoveryCodes } from '../features/accounts/recovery-code-service.ts'
import { requireTrusted } from './apply/authority.ts'
import { reasonOf, SetupError } from './setup-codes.ts'
import type { SetupService, SetupTools } from './setup-service.ts'
import type { SetupFile } from './setup-state.ts'

/** What a kit names: a registry, an account and an authority. */
const namedSteps = ['identity', 'certificates', 'admin'] as const satisfies readonly StepId[]

export type RecoveryKits = ReturnType<typeof createRecoveryKits>

/** What helps an administrator who has lost the password, or doubts a certificate. */
export function createRecoveryKits({
  service,
  machine: { configDir },
  clock,
  random,
}: Pick<SetupTools, 'machine' | 'clock' | 'random'> & { service: SetupService }) {
  async function findAuthority(): Promise<RecoveryKitView['authority']> {
    try {
      await mkdir(configDir, { recursive: true, mode: 0o700 })
      const { identity, certificates } = await service.values.all()
      const pem = await requireTrusted({
        ...{ configDir, clock, values: { identity, certificates } },
        created: () => service.current().created,
        remember: service.remember,
      })
      if (pem === undefined) return null
      const { sha256Fingerprint, serial } = describeCertificate(pem)
      return { sha256Fingerprint, serial }
    } catch (error) {
      throw new SetupError('MOOR-SET-033', { reason: reasonOf(error) }, { cause: error })
    }
  }

  return {
    /** The one time that its codes are shown; those before are void. @throws SetupError */
    async make(): Promise<RecoveryKitView> {
      const missing = namedSteps.find((id) => service.current().steps[id] === undefined)
      if (missing !== undefined) throw new SetupError('MOOR-SET-011', { step: missing })
      service.requireOpen()
      const authority = await findAuthority()
      const { codes, digests } = drawRecoveryCodes(random)
      await service.keepKit({ digests: [...digests], stored: false })
      const { identity, admin } = await service.values.all()
      return {
        registry: identity.primaryName,
        username: admin.username,
        codes: [...codes],
        authority,
      }
    },

    /** @throws SetupError when there is none */
    async confirm(): Promise<void> {
      const { recoveryKit } = service.current()
      if (recoveryKit === undefined) throw new SetupError('MOOR-SET-040')
      await service.keepKit({ ...recoveryKit, stored: true })
    },
  }
}

export function kitState({ recoveryKit }: SetupFile): SetupState['recoveryKit'] {
  if (recoveryKit === undefined) return 'missing'
  return recoveryKit.stored ? 'stored' : 'made'
}

/** The kit stays while what it names does. */
export function withKitOf(state: SetupFile, id: StepId, next: unknown): SetupFile {
  const print = (values: unknown) =>
    JSON.stringify(id === 'admin' ? (values as { username?: unknown }).username : values)
  const saved = state.steps[id]
  const isNamed = namedSteps.some((named) => named === id)
  if (!isNamed || (saved !== undefined && print(saved.values) === print(next))) return state
  const { recoveryKit: _recoveryKit, ...rest } = state
  return rest
}

/** For a file, or a screen. */
export function kitText({ registry, username, codes, authority }: RecoveryKitView): string {
  return [
    `Recovery kit of the registry ${registry}`,
    `Administrator: ${username}`,
    ...(authority === null
      ? []
      : [
          `Certificate authority, SHA-256: ${authority.sha256Fingerprint}`,
          `Certificate authority, serial:  ${authority.serial}`,
        ]),
    'Codes, each good for one new password:',
    ...codes.map((code) => `  ${code}`),
    '',
  ].join('\n')
}
