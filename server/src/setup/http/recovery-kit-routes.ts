import { RecoveryKitView } from '../../contract/setup.ts'
import type { RecoveryKits } from '../recovery-kit.ts'
import type { SetupService } from '../setup-service.ts'
import { sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

export function recoveryKitRoutes(
  kits: RecoveryKits,
  service: Pick<SetupService, 'view'>,
): Readonly<Record<string, Work>> {
  return {
    'POST /recovery-kit': async (_req, res) => {
      sendJson(res, 200, RecoveryKitView.parse(await kits.make()))
    },
    'POST /recovery-kit/stored': async (_req, res) => {
      await kits.confirm()
      sendJson(res, 200, await service.view())
    },
  }
}
