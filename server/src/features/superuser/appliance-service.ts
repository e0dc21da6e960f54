import { readFile } from 'node:fs/promises'

import type { Config } from '../../config/config.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { Principal } from '../accounts/principal.ts'

export type ApplianceService = ReturnType<typeof createApplianceService>

const forbidden =
  "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server."

/** What superusers ask of the server itself. */
export function createApplianceService({
  accounts,
  access,
  config,
  environment,
  schema,
  changeLogFile,
  shutDown,
}: {
  accounts: AccountService
  access: AccessService
  config: Pick<Config, 'describe' | 'features'>
  /** Variables of the process, without secrets. */
  environment: () => Readonly<Record<string, string>>
  /** JSON Schema of the settings. */
  schema: () => Record<string, unknown>
  changeLogFile: string
  /** Ends the server as a signal does; absent where somebody else decides about that. */
  shutDown: (() => void) | undefined
}) {
  return {
    isSetUp: async (): Promise<boolean> => accounts.hasUsers(),

    /** @throws Problem `access-denied` unless FEATURE_SUPERUSER_CONFIGDUMP is on. */
    describeConfig() {
      if (!config.features.superuserConfigdump) throw new Problem('access-denied')
      const { config: known, warning } = config.describe()
      return {
        config: { ...known },
        warning: { ...warning },
        env: { ...environment() },
        schema: schema(),
      }
    },

    changeLog: (): Promise<string> => readFile(changeLogFile, 'utf8'),

    /** @throws Problem `access-denied` for everybody but superusers, once there is an account. */
    async shutDown(principal: Principal): Promise<void> {
      if (!access.isSuperUser(principal) && (await accounts.hasUsers())) {
        throw new Problem('access-denied', { message: forbidden })
      }
      if (shutDown === undefined) {
        throw new Problem('not-supported', { message: 'This server is stopped from outside.' })
      }
      shutDown()
    },
  }
}
