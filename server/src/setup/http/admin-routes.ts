import { PassphraseView, RecoveryKitView } from '../../contract/setup.ts'
import type { Random } from '../../platform/random.ts'
import { drawPassphrase } from '../common-passwords.ts'
import type { RecoveryKits } from '../recovery-kit.ts'
import type { SetupService } from '../setup-service.ts'
import { sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

/** What the step of the administrator has beside its values. */
export function adminRoutes({
  kits,
  service,
  random,
}: {
  kits: RecoveryKits
  service: Pick<SetupService, 'view'>
  random: Random
}): Readonly<Record<string, Work>> {
  return {
    'POST /passphrase': async (_req, res) => {
      const passphrase = await drawPassphrase(random)
      sendJson(res, 200, PassphraseView.parse({ passphrase }))
    },
    'POST /recovery-kit': async (_req, res) => {
      sendJson(res, 200, RecoveryKitView.parse(await kits.make()))
    },
    'POST /recovery-kit/stored': async (_req, res) => {
      await kits.confirm()
      sendJson(res, 200, await service.view())
    },
  }
}
