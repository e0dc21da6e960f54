import { parseAuthorization } from '../../http/basic-credentials.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { ApiCaller } from '../api/api-call.ts'
import type { VerifyOAuthToken } from '../api/api-identity-service.ts'
import type { SessionControl } from '../sessions/session-control-service.ts'

interface Listening {
  readonly caller: ApiCaller
  readonly session: SessionControl
  readonly header: (name: string) => string | undefined
}

/** Says later on whether whoever began to listen would still be let in. */
export type ListenerCheck = (call: Listening) => () => Promise<boolean>

/** After this a client has to come again, with whatever it then has to show. */
const longestMs = 3_600_000

export function createListenerCheck({
  accounts,
  verifyOAuthToken,
  clock,
}: {
  accounts: AccountService
  verifyOAuthToken: VerifyOAuthToken
  clock: Clock
}): ListenerCheck {
  return ({ caller, session, header }) => {
    const until = clock.now() + longestMs
    const isSame = async (): Promise<boolean> => {
      if (caller.kind === 'anonymous') return false
      if (caller.kind === 'session') {
        const uuid = session.current?.accountUuid
        const account = uuid === undefined ? undefined : await accounts.findActiveByUuid(uuid)
        return account?.id === caller.account.id
      }
      const given = parseAuthorization(header('authorization'))
      const principal = given.scheme === 'bearer' ? await verifyOAuthToken(given.token) : undefined
      return principal?.id === caller.account.id
    }
    return async () => clock.now() < until && (await isSame())
  }
}
