import { errors, jwtVerify, SignJWT } from 'jose'
import { LRUCache } from 'lru-cache'
import { z } from 'zod'
import type { Clock } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { InstanceKey } from './instance-key.ts'
import type { ScopeAction } from './scope.ts'

/** What a token lets its holder do with one repository (Docker token spec, `access` claim). */
export interface AccessEntry {
  readonly type: string
  readonly name: string
  readonly actions: readonly ScopeAction[]
}

export type TokenSubject =
  | { readonly kind: 'anonymous' }
  | {
      readonly kind: keyof typeof credentialKinds
      readonly username: string
      /** Of the account, or of the token that it came with. */
      readonly reference: string
    }

/** What the token was drawn with, in both words that Quay has for it. */
const credentialKinds = {
  user: 'user',
  robot: 'robot',
  oauthtoken: 'oauth',
  appspecifictoken: 'app_specific_token',
} as const

export interface RegistryToken {
  readonly subject: TokenSubject
  readonly access: readonly AccessEntry[]
}

export type RegistryTokens = ReturnType<typeof createRegistryTokens>

const lifeSeconds = 3600
const leewaySeconds = 30
const issuer = 'quay'
/** A verified token is not verified again for this long; the account behind it is asked every time. */
const rememberMs = 60_000

const Claims = z.object({
  sub: z.string(),
  iat: z.number(),
  exp: z.number(),
  nbf: z.number(),
  access: z
    .array(
      z.object({
        type: z.string(),
        name: z.string(),
        actions: z.array(z.enum(['push', 'pull', '*', 'delete'])),
      }),
    )
    .max(1000),
  context: z.object({
    entity_kind: z.enum(['user', 'robot', 'oauthtoken', 'appspecifictoken', 'anonymous']),
    entity_reference: z.string().optional(),
  }),
})

/** Issues and checks the registry's bearer tokens (registry-protocol, 3.2): RS256, one hour. */
export function createRegistryTokens({
  key,
  audience,
  maxFreshMs,
  clock,
}: {
  key: InstanceKey
  audience: string
  maxFreshMs: number
  clock: Clock
}) {
  const verified = new LRUCache<string, { token: RegistryToken; until: number }>({ max: 10_000 })

  return {
    async issue(
      subject: TokenSubject,
      access: readonly AccessEntry[],
      service: string,
    ): Promise<string> {
      const now = Math.floor(clock.now() / 1000)
      const name = subject.kind === 'anonymous' ? '(anonymous)' : subject.username
      const roots = Object.fromEntries(access.map((entry) => [entry.name, '$disabled']))
      const claims = {
        access,
        context: {
          version: 2,
          entity_kind: subject.kind,
          ...(subject.kind === 'anonymous'
            ? {}
            : {
                entity_reference: subject.reference,
                kind: credentialKinds[subject.kind],
                user: subject.username,
              }),
          'com.apostille.roots': roots,
          'com.apostille.root': '$disabled',
        },
      }
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.id })
        .setIssuer(issuer)
        .setAudience(service)
        .setSubject(name)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifeSeconds)
        .sign(key.privateKey)
    },

    /** @throws Problem `token-invalid` with the reason. */
    async verify(text: string): Promise<RegistryToken> {
      const remembered = verified.get(text)
      if (remembered !== undefined && clock.now() < remembered.until) return remembered.token
      const { token, expiresAt } = await check(text)
      verified.set(text, { token, until: Math.min(expiresAt, clock.now() + rememberMs) })
      return token
    },
  }

  async function check(text: string) {
    try {
      const { payload } = await jwtVerify(text, key.publicKey, {
        algorithms: ['RS256'],
        issuer,
        audience,
        clockTolerance: leewaySeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'iat', 'nbf', 'sub'],
      })
      const claims = Claims.parse(payload)
      if ((claims.exp - claims.iat) * 1000 > maxFreshMs) {
        throw new Problem('token-invalid', {
          reason: 'Token was signed for more than the allowed time',
        })
      }
      return { token: toToken(claims), expiresAt: (claims.exp + leewaySeconds) * 1000 }
    } catch (cause) {
      if (cause instanceof Problem) throw cause
      throw new Problem('token-invalid', { reason: reasonOf(cause) }, { cause })
    }
  }
}

function toToken({ sub, access, context }: z.infer<typeof Claims>): RegistryToken {
  if (context.entity_kind === 'anonymous') return { subject: { kind: 'anonymous' }, access }
  return {
    subject: {
      kind: context.entity_kind,
      username: sub,
      reference: context.entity_reference ?? '',
    },
    access,
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'Token has expired'
  if (error instanceof errors.JWTClaimValidationFailed)
    return `Invalid claim in token: ${error.claim}`
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return 'Token was signed by an unknown key'
  return 'Invalid bearer token format'
}
