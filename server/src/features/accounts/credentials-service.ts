import { createHash, timingSafeEqual } from 'node:crypto'

import type { Db } from '../../db/tables.ts'
import { Problem } from '../../problem.ts'
import type { AccessTimes } from './access-times-service.ts'
import { accountStanding, type StandingRules } from './account-standing.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { Config, FeatureConfig } from '../../config/config.ts'
import type { EncryptedPasswords } from './encrypted-password.ts'
import type { LoginThrottle } from './login-throttle.ts'
import type { Passwords } from './password.ts'
import type { RobotPrincipal, UserPrincipal } from './principal.ts'
import { robotStanding } from './robot-standing.ts'
import { parseFederation, type FederationEntry } from './robot-federation-service.ts'
import { robotStore, type RobotRow } from './robot-store.ts'
import type { SecretBox } from './secret-box.ts'

export type CredentialsService = ReturnType<typeof createCredentialsService>

export interface Credentials {
  readonly username: string
  readonly password: string
  /** Where the client is. */
  readonly address: string
}

/** Checks what came with a login name that stands for a kind of token; a text refuses it. */
export type TokenLogin = (secret: string, address: string) => Promise<UserPrincipal | string>

/** Login names that stand for a kind of token (engines, 15.1), with the answer to one we don't know. */
const tokenRefusals = {
  $token: 'Invalid access token',
  $app: 'Invalid token',
  $oauthtoken: 'OAuth access token could not be validated',
} as const

/** Whose token a robot's own stands for, or what its client is told; empty: it is none of ours. */
export type VerifyRobotToken = (
  username: string,
  token: string,
) => Promise<FederationEntry | string>

export type TokenLogins = Readonly<Partial<Record<keyof typeof tokenRefusals, TokenLogin>>>

const isTokenLogin = (username: string): username is keyof typeof tokenRefusals =>
  Object.hasOwn(tokenRefusals, username)

const wrongPassword = 'Invalid Username or Password'
const disabledMessage = 'This user has been disabled. Please contact your administrator.'
const unencryptedMessage =
  'Client login with unencrypted passwords is disabled. Please generate an encrypted password in the user admin panel for use here.'

export type CredentialRules = StandingRules &
  Pick<Config, 'robots'> & { readonly features: Pick<FeatureConfig, 'requireEncryptedBasicAuth'> }

export function createCredentialsService({
  db,
  passwords,
  throttle,
  secretBox,
  encryptedPasswords,
  accessTimes,
  tokenLogins = {},
  verifyRobotToken,
  config,
}: {
  db: Db
  passwords: Passwords
  throttle: LoginThrottle
  secretBox: SecretBox
  encryptedPasswords: EncryptedPasswords
  accessTimes: AccessTimes
  /** Those that are switched on. */
  tokenLogins?: TokenLogins
  verifyRobotToken?: VerifyRobotToken
  config: CredentialRules
}) {
  const standing = accountStanding(config)

  async function verifyRobot(username: string, token: string): Promise<RobotPrincipal | string> {
    const unknown = `Could not find robot with username: ${username} and supplied password.`
    const robot = await robotStore(db).find(username)
    if (!robot) return unknown
    if (!isSame(token, secretBox.open(robot.token_encrypted))) {
      const refusal = await refuseFederated(robot, token)
      if (refusal !== undefined) return refusal === '' ? unknown : refusal
    }
    const account = await accountStore(db).findWithOwner(username)
    if (!account) return unknown
    const found = robotStanding(account, config.robots)
    return found.kind === 'robot' ? found : found.message
  }

  /** A token of ours that a robot got for one of another system, which it still has to trust. */
  async function refuseFederated(robot: RobotRow, token: string): Promise<string | undefined> {
    if (verifyRobotToken === undefined || token.split('.').length !== 3) return ''
    const from = await verifyRobotToken(robot.username, token)
    if (typeof from === 'string') return from
    const trusted = parseFederation(robot.federation_json)
    const isTrusted = trusted.some(
      ({ issuer, subject }) => issuer === from.issuer && subject === from.subject,
    )
    return isTrusted ? undefined : 'Token does not match robot'
  }

  async function verifyUser(username: string, given: string): Promise<UserPrincipal | string> {
    const decrypted = encryptedPasswords.decrypt(given)
    if (decrypted === undefined && config.features.requireEncryptedBasicAuth) {
      return unencryptedMessage
    }
    const account = await verifyPerson(username, decrypted ?? given)
    return typeof account === 'string' ? account : standing.userPrincipal(account)
  }

  async function verifyPerson(username: string, password: string): Promise<AccountRow | string> {
    const account = await findUser(db, username)
    if (!(await passwords.verify(account, password)) || !account) return wrongPassword
    return account.enabled === 1 ? account : disabledMessage
  }

  async function verifyToken(
    username: keyof typeof tokenRefusals,
    secret: string,
    address: string,
  ): Promise<UserPrincipal | string> {
    return (await tokenLogins[username]?.(secret, address)) ?? tokenRefusals[username]
  }

  /** Slows guessing down; tokens are too long to be guessed. */
  async function throttled<Found>(
    { username, address }: Credentials,
    verify: () => Promise<Found | string>,
  ): Promise<Found> {
    throttle.check(username, address)
    const found = await verify()
    if (typeof found === 'string') {
      throttle.failed(username, address)
      throw new Problem('credentials-invalid', { message: found })
    }
    throttle.succeeded(username, address)
    return found
  }

  return {
    /**
     * Of a registry client: a person, a robot, or a token.
     * @throws Problem `credentials-invalid` with the message for the client; `login-throttled`
     */
    async authenticate(given: Credentials): Promise<UserPrincipal | RobotPrincipal> {
      const { username, password, address } = given
      let found: UserPrincipal | RobotPrincipal
      if (isTokenLogin(username)) {
        const verified = await verifyToken(username, password, address)
        if (typeof verified === 'string') {
          throw new Problem('credentials-invalid', { message: verified })
        }
        found = verified
      } else {
        const isRobot = username.includes('+') && !username.includes('@')
        found = await throttled<UserPrincipal | RobotPrincipal>(given, () =>
          isRobot ? verifyRobot(username, password) : verifyUser(username, password),
        )
      }
      accessTimes.touch('account', found.id)
      return found
    },

    /**
     * Of somebody at a form: a person with the password itself.
     * @throws Problem `credentials-invalid` with the message for the client; `login-throttled`
     */
    verifyPerson: (given: Credentials): Promise<AccountRow> =>
      throttled<AccountRow>(given, () => verifyPerson(given.username, given.password)),
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
