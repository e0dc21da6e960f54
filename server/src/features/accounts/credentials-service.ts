import { createHash, timingSafeEqual } from 'node:crypto'

import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import { accountStanding, type StandingRules } from './account-standing.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { Config } from '../../config/config.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Passwords } from './password.ts'
import type { RobotPrincipal, UserPrincipal } from './principal.ts'
import { robotStanding } from './robot-standing.ts'
import { robotStore } from './robot-store.ts'
import type { SecretBox } from './secret-box.ts'

export type CredentialsService = ReturnType<typeof createCredentialsService>

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Where the client is. */
  readonly address: string
}

/** Login names that stand for a kind of token (engines, 15.1), with the answer to one we don't know. */
const tokenLogins: Readonly<Record<string, string>> = {
  $token: 'Invalid access token',
  $app: 'Invalid token',
  $oauthtoken: 'OAuth access token could not be validated',
}

const disabledMessage = 'This user has been disabled. Please contact your administrator.'

export function createCredentialsService({
  db,
  passwords,
  throttle,
  secretBox,
  config,
}: {
  db: Db
  passwords: Passwords
  throttle: LoginThrottle
  secretBox: SecretBox
  config: StandingRules & Pick<Config, 'robots'>
}) {
  const standing = accountStanding(config)

  async function verifyRobot(username: string, token: string): Promise<RobotPrincipal | string> {
    const unknown = `Could not find robot with username: ${username} and supplied password.`
    const robot = await robotStore(db).find(username)
    if (!robot || !isSame(token, secretBox.open(robot.token_encrypted))) return unknown
    const account = await accountStore(db).findWithOwner(username)
    if (!account) return unknown
    const found = robotStanding(account, config.robots)
    return found.kind === 'robot' ? found : found.message
  }

  async function verifyUser(username: string, password: string): Promise<UserPrincipal | string> {
    const account = await findUser(db, username)
    if (!(await passwords.verify(account, password)) || !account)
      return 'Invalid Username or Password'
    return account.enabled === 1 ? standing.userPrincipal(account) : disabledMessage
  }

  return {
    /**
     * @throws Problem `credentials-invalid` with the message for the client; `login-throttled`
     */
    async authenticate({ username, password, address }: Credentials) {
      const refusal = Object.hasOwn(tokenLogins, username) ? tokenLogins[username] : undefined
      if (refusal !== undefined) throw new Problem('credentials-invalid', { message: refusal })
      throttle.check(username, address)
      const isRobot = username.includes('+') && !username.includes('@')
      const found = isRobot
        ? await verifyRobot(username, password)
        : await verifyUser(username, password)
      if (typeof found === 'string') {
        throttle.failed(username, address)
        throw new Problem('credentials-invalid', { message: found })
      }
      throttle.succeeded(username, address)
      return found
    },
  }
}

/** E-mail addresses may contain a plus; names of robots contain no `@`. */
async function findUser(db: Db, username: string): Promise<AccountRow | undefined> {
  const accounts = accountStore(db)
  const account = username.includes('@')
    ? await accounts.findUserByEmail(username)
    : await accounts.find(username)
  return account?.organization === 0 && account.robot === 0 ? account : undefined
}

function isSame(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
