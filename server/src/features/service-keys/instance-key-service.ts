import { exportJWK } from 'jose'
import type { KeyObject } from 'node:crypto'

import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import { serviceKeyStore } from './service-key-store.ts'

const service = 'quay'

/**
 * Publishes the key that signs registry tokens, approved, so that others can check them. In a
 * read-only registry nothing is written: then it has been published before, or nobody sees it.
 */
export async function publishInstanceKey(
  db: Db,
  key: { readonly id: string; readonly publicKey: KeyObject },
  clock: Clock,
  { registryState }: Pick<Config, 'registryState'>,
): Promise<void> {
  const found = await serviceKeyStore(db).find(key.id)
  if (registryState === 'readonly' || found !== undefined) return
  const now = clock.now()
  await serviceKeyStore(db).insert({
    kid: key.id,
    name: 'instance key',
    service,
    jwk_json: JSON.stringify({ ...(await exportJWK(key.publicKey)), kid: key.id }),
    created_at: now,
    expires_at: null,
    rotation_duration_s: null,
    approver_id: null,
    approval_type: 'AUTOMATIC',
    approved_at: now,
  })
}
