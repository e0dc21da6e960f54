import { decodeProtectedHeader, jwtVerify } from 'jose'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import { accountStore } from '../accounts/account-store.ts'
import { wireHttpDate } from '../api/wire-date.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { parsePublicJwk, publicKeyOf, type GivenJwk, type PublicJwk } from './public-jwk.ts'
import { approvalPath, expirationDate } from './service-key-service.ts'
import { serviceKeyStore, type ServiceKeyRow } from './service-key-store.ts'

export type KeyServerService = ReturnType<typeof createKeyServerService>

/** Somebody at the key server, who proves with a JWT that a key is theirs. */
export interface Holder {
  readonly token: string | undefined
  readonly userAgent: string
  readonly by: Actor
}

export interface SubmittedKey {
  readonly service: string
  readonly kid: string
  readonly jwk: GivenJwk
  readonly expiresAt: Instant | null
  readonly rotationSeconds: number | null
}

type Visible =
  | { readonly kind: 'usable'; readonly jwk: PublicJwk; readonly maxAgeSeconds: number }
  | { readonly kind: 'unknown' | 'unapproved' | 'expired' }

const leewaySeconds = 30
const longestCacheSeconds = 24 * 3_600
const unapprovedAtMost = 500
/** The last that a date with four digits for the year can tell. */
const latestInstant = 253_402_300_799_000

/** The public keys of services, as the services themselves look after them (engines, 14.1). */
export function createKeyServerService({
  db,
  clock,
  audit,
  notifications,
  config,
}: {
  db: Db
  clock: Clock
  audit: AuditLog
  notifications: NotificationService
  config: Pick<Config, 'serverHostname' | 'urlScheme' | 'superUsers'>
}) {
  const audience = `${config.urlScheme}://${config.serverHostname}`

  const isUsable = ({ approved_at, expires_at }: ServiceKeyRow) =>
    approved_at !== null && (expires_at === null || expires_at > clock.now())

  async function requireSignature(token: string, jwk: PublicJwk, service: string): Promise<void> {
    try {
      await jwtVerify(token, publicKeyOf(jwk), {
        algorithms: ['RS256'],
        issuer: service,
        audience,
        clockTolerance: leewaySeconds,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp', 'iat', 'nbf'],
      })
    } catch (cause) {
      throw new Problem('rule-violated', { message: 'Invalid JWT' }, { cause })
    }
  }

  /** The approved key of the service that signed. @throws Problem `access-denied` */
  async function requireSigner(
    token: string,
    kid: string,
    service: string,
  ): Promise<ServiceKeyRow> {
    const signer = await serviceKeyStore(db).find(kid)
    if (signer?.service !== service || !isUsable(signer)) {
      throw new Problem('access-denied', { message: 'Key is not known or not approved' })
    }
    await requireSignature(token, jwkOf(signer), service)
    return signer
  }

  const record = (
    tx: Db,
    kind: LogKind,
    { userAgent, by }: Holder,
    metadata: Readonly<Record<string, unknown>>,
  ) =>
    audit.recordIn(tx, {
      kind,
      account: null,
      actor: by,
      metadata: { ...metadata, user_agent: userAgent, ip: by.ip ?? null },
    })

  const taken = () =>
    new Problem('rule-violated', { message: 'A key with this key id is there already' })

  /** Asks the superusers whether the key may be used. */
  async function submit(key: SubmittedKey, jwk: PublicJwk, holder: Holder): Promise<void> {
    const { kid, service, expiresAt, rotationSeconds } = key
    const now = clock.now()
    const metadata = { ip: holder.by.ip ?? null }
    await db.transaction().execute(async (tx) => {
      const keys = serviceKeyStore(tx)
      const found = await keys.find(kid)
      if (found !== undefined) {
        if (found.service === service && isSameKey(jwkOf(found), jwk)) return
        throw taken()
      }
      if ((await keys.countUnapproved()) >= unapprovedAtMost) {
        const message = 'Too many keys wait for their approval'
        throw new Problem('rule-violated', { message })
      }
      await keys.insert({
        ...{ kid, service, created_at: now, expires_at: expiresAt },
        jwk_json: JSON.stringify(jwk),
        metadata_json: JSON.stringify(metadata),
        rotation_duration_s: rotationSeconds,
        ...{ approver_id: null, approval_type: null, approved_at: null },
      })
      for (const username of config.superUsers) {
        const superUser = await accountStore(tx).find(username)
        if (superUser?.organization !== 0 || superUser.robot === 1) continue
        await notifications.notify(tx, {
          kind: 'service_key_submitted',
          targetId: superUser.id,
          metadata: {
            ...{ name: '', kid, service, jwk, metadata, created_date: wireHttpDate(now) },
            ...(expiresAt !== null && { expiration_date: wireHttpDate(expiresAt) }),
          },
          lookupPath: approvalPath(kid, superUser.id),
        })
      }
      await record(tx, 'service_key_create', holder, {
        ...{ kid, preshared: false, service, name: '', auto_approved: false },
        expiration_date: expirationDate({ expires_at: expiresAt }),
      })
    })
  }

  /** The new key takes the place of the one that vouched for it. */
  async function rotate(
    key: SubmittedKey,
    jwk: PublicJwk,
    signer: ServiceKeyRow,
    holder: Holder,
  ): Promise<void> {
    const { kid, service, expiresAt, rotationSeconds } = key
    await db.transaction().execute(async (tx) => {
      const keys = serviceKeyStore(tx)
      if ((await keys.find(kid)) !== undefined) throw taken()
      const changed = await keys.update(signer.id, {
        kid,
        jwk_json: JSON.stringify(jwk),
        created_at: clock.now(),
        expires_at: expiresAt,
        rotation_duration_s: rotationSeconds,
        approver_id: null,
        approval_type: 'KEY_ROTATION',
        approved_at: clock.now(),
        approval_notes: '',
      })
      if (changed === undefined) throw new Problem('access-denied')
      await notifications.withdraw(tx, approvalPath(signer.kid))
      await record(tx, 'service_key_rotate', holder, {
        ...{ kid, signer_kid: signer.kid, service, name: signer.name },
        expiration_date: expirationDate({ expires_at: expiresAt }),
      })
    })
  }

  return {
    async list(service: string): Promise<PublicJwk[]> {
      return (await serviceKeyStore(db).listOfService(service, clock.now())).map(jwkOf)
    },

    async get(service: string, kid: string): Promise<Visible> {
      const key = await serviceKeyStore(db).find(kid)
      if (key?.service !== service) return { kind: 'unknown' }
      if (key.approved_at === null) return { kind: 'unapproved' }
      if (!isUsable(key)) return { kind: 'expired' }
      const leftMs = (key.expires_at ?? Infinity) - clock.now()
      const maxAgeSeconds = Math.min(longestCacheSeconds, Math.floor(leftMs / 1_000))
      return { kind: 'usable', jwk: jwkOf(key), maxAgeSeconds }
    },

    /** @throws Problem `rule-violated`, `access-denied` */
    async put(key: SubmittedKey, holder: Holder): Promise<'waits' | 'rotated'> {
      const { token, signerKid } = signerOf(holder)
      requireTimes(key, clock.now())
      const jwk = parsePublicJwk(key.jwk, key.kid)
      if (signerKid === undefined || signerKid === key.kid) {
        await requireSignature(token, jwk, key.service)
        await submit(key, jwk, holder)
        return 'waits'
      }
      const signer = await requireSigner(token, signerKid, key.service)
      await rotate(key, jwk, signer, holder)
      return 'rotated'
    },

    /** @throws Problem `rule-violated`, `access-denied`, `not-found` */
    async delete(service: string, kid: string, holder: Holder): Promise<void> {
      const { token, signerKid = kid } = signerOf(holder)
      const key = await serviceKeyStore(db).find(kid)
      if (key?.service !== service) throw new Problem('not-found')
      if (signerKid === kid) await requireSignature(token, jwkOf(key), service)
      else await requireSigner(token, signerKid, service)
      await db.transaction().execute(async (tx) => {
        await serviceKeyStore(tx).delete(key.id)
        await notifications.withdraw(tx, approvalPath(kid))
        await record(tx, 'service_key_delete', holder, {
          ...{ kid, signer_kid: signerKid, service, name: key.name },
        })
      })
    },
  }
}

/** @throws Problem `rule-violated` */
function requireTimes({ expiresAt, rotationSeconds }: SubmittedKey, now: Instant): void {
  if (expiresAt !== null && expiresAt <= now) {
    throw new Problem('rule-violated', { message: 'Expiration date cannot be in the past' })
  }
  const isTooLate = expiresAt !== null && expiresAt > latestInstant
  const isRotation =
    rotationSeconds === null || (rotationSeconds > 0 && rotationSeconds * 1_000 <= latestInstant)
  if (isTooLate || !isRotation) {
    throw new Problem('rule-violated', { message: 'Invalid expiration or rotation' })
  }
}

function jwkOf({ jwk_json }: ServiceKeyRow): PublicJwk {
  return JSON.parse(jwk_json) as PublicJwk
}

function isSameKey(a: PublicJwk, b: PublicJwk): boolean {
  return a.kty === b.kty && a.n === b.n && a.e === b.e && a.x === b.x && a.y === b.y
}

/** What the JWT says about its key, before it is believed. @throws Problem `rule-violated` */
function signerOf({ token }: Holder): { token: string; signerKid?: string } {
  const invalid = (cause?: unknown) =>
    new Problem('rule-violated', { message: 'Invalid JWT' }, { cause })
  if (token === undefined) throw invalid()
  try {
    const { alg, kid } = decodeProtectedHeader(token)
    if (alg !== 'RS256') throw invalid()
    return { token, ...(kid !== undefined && { signerKid: kid }) }
  } catch (cause) {
    throw invalid(cause)
  }
}
