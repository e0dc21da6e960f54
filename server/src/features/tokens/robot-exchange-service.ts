import { createLocalJWKSet, decodeJwt, errors, jwtVerify } from 'jose'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { splitRobotName } from '../accounts/account-names.ts'
import { accountStore } from '../accounts/account-store.ts'
import { parseFederation, type FederationEntry } from '../accounts/robot-federation-service.ts'
import { robotStanding } from '../accounts/robot-standing.ts'
import { robotStore } from '../accounts/robot-store.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { IssuerKeys } from './issuer-keys-service.ts'
import type { RobotTokens } from './robot-token.ts'

export type RobotExchangeService = ReturnType<typeof createRobotExchangeService>

export type ExchangeOutcome =
  | { readonly kind: 'issued'; readonly token: string }
  | { readonly kind: 'refused'; readonly message: string }

const leewaySeconds = 30
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
]

/** Gives a robot a password of ours for a token of an issuer that it trusts (engines, 12.6). */
export function createRobotExchangeService({
  db,
  clock,
  issuers,
  robotTokens,
  audit,
  log,
  config,
}: {
  db: Db
  clock: Clock
  issuers: IssuerKeys
  robotTokens: RobotTokens
  audit: AuditLog
  log: Logger
  config: Pick<Config, 'robots'>
}) {
  /** The claims of a token that its issuer signed. @throws Error */
  async function verify(token: string, issuer: string): Promise<string> {
    const check = async (again: boolean) => {
      const keys = createLocalJWKSet(await issuers.find(issuer, { again }))
      return jwtVerify(token, keys, {
        algorithms,
        issuer,
        clockTolerance: leewaySeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'iat', 'sub'],
      })
    }
    const { payload } = await check(false).catch((error: unknown) => {
      if (error instanceof errors.JWKSNoMatchingKey) return check(true)
      throw error
    })
    return payload.sub ?? ''
  }

  return {
    async exchange(username: string, token: string, ip: string): Promise<ExchangeOutcome> {
      const unknown = `Could not find robot with username: ${username} and supplied password.`
      const robot = await robotStore(db).find(username)
      const account = robot && (await accountStore(db).findWithOwner(username))
      if (robot === undefined || account === undefined) return refused(unknown)
      const standing = robotStanding(account, config.robots)
      if (standing.kind !== 'robot') return refused(standing.message)

      const trusted = parseFederation(robot.federation_json)
      const issuer = issuerOf(token)
      // Only whom the robot trusts is ever called.
      if (!trusted.some((entry) => entry.issuer === issuer) || issuer === undefined) {
        return refused('Token does not match robot')
      }
      let from: FederationEntry
      try {
        from = { issuer, subject: await verify(token, issuer) }
      } catch (error) {
        log.info({ err: error, robot: username, issuer }, 'robot token refused')
        return refused('The token could not be verified with its issuer')
      }
      if (!trusted.some((entry) => entry.issuer === issuer && entry.subject === from.subject)) {
        return refused('Token does not match robot')
      }
      const { namespace = '', shortName = '' } = splitRobotName(username) ?? {}
      audit.record({
        kind: 'federated_robot_token_exchange',
        account: { id: robot.namespace_user_id, username: namespace },
        actor: { principal: standing, ip },
        metadata: { ...from, robot: shortName },
      })
      return { kind: 'issued', token: await robotTokens.issue(username, from) }
    },
  }
}

function refused(message: string): ExchangeOutcome {
  return { kind: 'refused', message }
}

/** What the token says, before it is believed. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}
