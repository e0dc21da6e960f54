import type { Config } from '../../config/config.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccountRow } from './account-store.ts'
import { deletedNamespaceStore } from './deleted-namespace-store.ts'
import { namespaceDeletionStore } from './namespace-deletion-store.ts'

export type NamespaceDeletionService = ReturnType<typeof createNamespaceDeletionService>

/** Removed within the caller's transaction; what is left cannot act any more and goes with the purge. */
const removedAtOnce = 200

/**
 * Deletes people and organizations. For everybody the namespace is gone when the transaction
 * commits, whatever it holds: look-ups refuse the repositories of a deleted namespace, and the garbage
 * collector removes them, and the account, in batches.
 */
export function createNamespaceDeletionService({
  db,
  random,
  config,
}: {
  db: Db
  random: Random
  config: Pick<Config, 'collection'>
}) {
  const { graceMs, graceNamespaces } = config.collection

  return {
    /** NAMESPACE_GC_GRACE_PERIOD_SECONDS, for the namespaces that it is for. */
    graceMsOf: (username: string): number => (graceNamespaces.includes(username) ? graceMs : 0),

    /**
     * The name stays taken until the purge is done. During a grace period only the name, the right
     * to act and the sight of the repositories are gone, so that an operator can undo it.
     */
    async deleteNamespace(
      tx: Db,
      account: Pick<AccountRow, 'id' | 'username' | 'email' | 'contact_email'>,
      { graceMs, now }: { readonly graceMs: number; readonly now: Instant },
    ): Promise<void> {
      const store = namespaceDeletionStore(tx)
      const retiredName = random.uuid()
      await store.retire(account.id, retiredName)
      await deletedNamespaceStore(tx).insert({
        namespace_user_id: account.id,
        original_username: account.username,
        original_email: account.email ?? account.contact_email,
        marked_at: now,
        purge_after: now + graceMs,
      })
      if (graceMs <= 0) await store.removeLinked(account.id, removedAtOnce)
      await store.markRepositories(account.id, retiredName, 0, removedAtOnce)
    },

    /** Organizations that nobody would administer without this person. */
    organizationsOnlyAdministeredBy: (userId: number): Promise<string[]> =>
      namespaceDeletionStore(db).listOnlyAdministeredBy(userId),
  }
}

/** @throws Problem `namespace-taken` for a name whose last owner is still being removed. */
export async function requireUnreservedName(tx: Db, name: string): Promise<void> {
  if (!(await deletedNamespaceStore(tx).isNameReserved(name))) return
  throw new Problem('namespace-taken', { name, message: 'Username is not available' })
}
