import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

import type { Clock } from '../../platform/clock.ts'
import type { FederationEntry } from '../accounts/robot-federation-service.ts'
import type { InstanceKey } from './instance-key.ts'

export type RobotTokens = ReturnType<typeof createRobotTokens>

const lifeSeconds = 3_600
const leewaySeconds = 30
const issuer = 'quay'
/** Tells these from registry tokens, which the same key signs and which open less. */
const type = 'robot+jwt'

const Claims = z.object({
  sub: z.string(),
  federation: z.object({ issuer: z.string(), subject: z.string() }),
})

/** Passwords of robots for an hour, for tokens of systems that they trust (engines, 12.6). */
export function createRobotTokens({
  key,
  audience,
  clock,
}: {
  key: InstanceKey
  audience: string
  clock: Clock
}) {
  return {
    issue(username: string, federation: FederationEntry): Promise<string> {
      const now = Math.floor(clock.now() / 1_000)
      return new SignJWT({ federation: { ...federation } })
        .setProtectedHeader({ alg: 'RS256', typ: type, kid: key.id })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(username)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifeSeconds)
        .sign(key.privateKey)
    },

    /** Whom it was drawn for, or what its client is told; empty: it is none of these. */
    async verify(username: string, token: string): Promise<FederationEntry | string> {
      try {
        const { payload } = await jwtVerify(token, key.publicKey, {
          algorithms: ['RS256'],
          typ: type,
          issuer,
          audience,
          clockTolerance: leewaySeconds,
          currentDate: new Date(clock.now()),
          requiredClaims: ['exp', 'iat', 'nbf'],
        })
        const { sub, federation } = Claims.parse(payload)
        return sub === username ? federation : 'Token does not match robot'
      } catch (error) {
        const isAudience = error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud'
        return isAudience ? 'Invalid audience for robot token' : ''
      }
    },
  }
}
