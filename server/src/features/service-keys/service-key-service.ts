import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

import { calculateJwkThumbprint, exportJWK } from 'jose'

import type { Db } from '../../db/tables.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { wireHttpDate } from '../api/wire-date.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import { serviceKeyStore, type ServiceKeyRow } from './service-key-store.ts'

export type ServiceKeyService = ReturnType<typeof createServiceKeyService>

export interface NewServiceKey {
  readonly service: string
  readonly name: string
  readonly expiresAt: Instant | null
  readonly metadata: Readonly<Record<string, unknown>>
  readonly notes: string
}

export interface ServiceKeyChanges {
  readonly name?: string | undefined
  readonly expiresAt?: Instant | null | undefined
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

const keysAtMost = 1_000

/** Below this the interface tells superusers about a key. */
export const approvalPath = (kid: string, userId?: number) =>
  `/service_key_approval/${kid}/${userId === undefined ? '' : String(userId)}`

export const expirationDate = ({ expires_at }: Pick<ServiceKeyRow, 'expires_at'>) =>
  expires_at === null ? null : wireHttpDate(expires_at)

/** The keys of services, as superusers look after them (api-shapes, 4.4). */
export function createServiceKeyService({
  db,
  clock,
  audit,
  notifications,
}: {
  db: Db
  clock: Clock
  audit: AuditLog
  notifications: NotificationService
}) {
  async function require(tx: Db, kid: string): Promise<ServiceKeyRow> {
    const key = await serviceKeyStore(tx).find(kid)
    if (key === undefined) throw new Problem('not-found')
    return key
  }

  const record = (
    tx: Db,
    kind: LogKind,
    {
      kid,
      service,
      name,
      expires_at,
    }: Pick<ServiceKeyRow, 'kid' | 'service' | 'name' | 'expires_at'>,
    by: Actor,
    more: Readonly<Record<string, unknown>> = {},
  ) =>
    audit.recordIn(tx, {
      kind,
      account: null,
      actor: by,
      metadata: { kid, service, name, expiration_date: expirationDate({ expires_at }), ...more },
    })

  function requireName(name: string): void {
    if (!/^[\s\w\-:/]*$/.test(name)) {
      throw new Problem('request-invalid', {
        message: `Invalid service key friendly name: ${name}`,
      })
    }
  }

  function requireFuture(expiresAt: Instant | null, message: string): void {
    if (expiresAt !== null && expiresAt <= clock.now()) {
      throw new Problem('request-invalid', { message })
    }
  }

  return {
    list: (): Promise<ServiceKeyRow[]> => serviceKeyStore(db).list(),

    /** @throws Problem `not-found` */
    get: (kid: string): Promise<ServiceKeyRow> => require(db, kid),

    /** The private key is in the answer and nowhere else. @throws Problem `request-invalid` */
    async create(given: NewServiceKey, approver: AccountRow, by: Actor) {
      requireName(given.name)
      requireFuture(given.expiresAt, 'Expiration date cannot be in the past')
      const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 })
      const jwk = await exportJWK(pair.publicKey)
      const kid = await calculateJwkThumbprint(jwk)
      const now = clock.now()
      await db.transaction().execute(async (tx) => {
        if ((await serviceKeyStore(tx).list()).length >= keysAtMost) {
          const message = `No more than ${String(keysAtMost)} keys are possible`
          throw new Problem('request-invalid', { message })
        }
        const key = {
          ...{ kid, service: given.service, name: given.name, expires_at: given.expiresAt },
          jwk_json: JSON.stringify({ ...jwk, kid }),
          metadata_json: JSON.stringify({
            created_by: 'Quay Superuser Panel',
            creator: approver.username,
            ip: by.ip ?? null,
            ...given.metadata,
          }),
          created_at: now,
          rotation_duration_s: null,
          approver_id: approver.id,
          approval_type: 'SUPERUSER' as const,
          approved_at: now,
          approval_notes: given.notes,
        }
        await serviceKeyStore(tx).insert(key)
        const more = { preshared: true, auto_approved: true }
        await record(tx, 'service_key_create', key, by, more)
        await record(tx, 'service_key_approve', key, by, more)
      })
      return {
        ...{ kid, name: given.name, service: given.service },
        publicPem: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
        privatePem: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
      }
    },

    /** @throws Problem `not-found`, `request-invalid` */
    async update(kid: string, changes: ServiceKeyChanges, by: Actor): Promise<ServiceKeyRow> {
      const { name, expiresAt, metadata } = changes
      if (name !== undefined) requireName(name)
      if (expiresAt !== undefined) {
        requireFuture(expiresAt, 'Cannot have an expiration date in the past')
      }
      return db.transaction().execute(async (tx) => {
        const key = await require(tx, kid)
        const merged = { ...metadataOf(key), ...metadata }
        const changed = await serviceKeyStore(tx).update(key.id, {
          metadata_json: JSON.stringify(merged),
          ...(name !== undefined && { name }),
          ...(expiresAt !== undefined && { expires_at: expiresAt }),
        })
        if (changed === undefined) throw new Problem('not-found')
        if (expiresAt !== undefined) {
          const more = { old_expiration_date: expirationDate(key) }
          await record(tx, 'service_key_extend', changed, by, more)
        }
        if (name !== undefined || metadata !== undefined) {
          await record(tx, 'service_key_modify', changed, by)
        }
        return changed
      })
    },

    /** @throws Problem `not-found` */
    async delete(kid: string, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const key = await require(tx, kid)
        await serviceKeyStore(tx).delete(key.id)
        await notifications.withdraw(tx, approvalPath(kid))
        const more = { created_date: wireHttpDate(key.created_at) }
        await record(tx, 'service_key_delete', key, by, more)
      })
    },

    /** @throws Problem `not-found` */
    async approve(kid: string, notes: string, approver: AccountRow, by: Actor): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const key = await require(tx, kid)
        if (key.approved_at !== null) return
        await serviceKeyStore(tx).update(key.id, {
          approver_id: approver.id,
          approval_type: 'SUPERUSER',
          approved_at: clock.now(),
          approval_notes: notes,
        })
        await notifications.withdraw(tx, approvalPath(kid))
        await record(tx, 'service_key_approve', key, by)
      })
    },
  }
}

export function metadataOf({ metadata_json }: ServiceKeyRow): Record<string, unknown> {
  return JSON.parse(metadata_json) as Record<string, unknown>
}
