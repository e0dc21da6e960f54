import type { Db } from '../../db/tables.ts'
import { accountStore, type AccountRow } from '../accounts/account-store.ts'
import { teamStore } from '../accounts/team-store.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import type { Target } from './method-config.ts'
import type { EventData, RepoEvent } from './repo-event.ts'

export type Bell = ReturnType<typeof createBell>

const mostMembers = 1_000

/** Tells people in the interface; what is for an organization is for who administers it. */
export function createBell({
  notifications,
}: {
  notifications: Pick<NotificationService, 'notify'>
}) {
  return {
    /** @returns why there is nobody to tell; undefined when there is. */
    complaint: (db: Db, namespace: AccountRow, target: Target): Promise<string | undefined> =>
      complaintAbout(db, namespace, target),

    /** Together with what else is noted of it, in its transaction. @returns how many were told. */
    async ring(
      tx: Db,
      namespace: AccountRow,
      target: Target,
      { event, data }: { readonly event: RepoEvent; readonly data: EventData },
    ): Promise<number> {
      const ids = await recipients(tx, namespace, target)
      for (const targetId of ids) {
        await notifications.notify(tx, { kind: event, targetId, metadata: data })
      }
      return ids.length
    },
  }
}

async function complaintAbout(
  db: Db,
  namespace: AccountRow,
  { kind, name }: Target,
): Promise<string | undefined> {
  if (kind === 'team') {
    const team =
      namespace.organization === 1 ? await teamStore(db).find(namespace.id, name) : undefined
    return team === undefined ? `Unknown team ${name}` : undefined
  }
  const account = await accountStore(db).find(name)
  if (kind === 'user') {
    const isPerson = account?.organization === 0 && account.robot === 0
    return isPerson ? undefined : `Unknown user ${name}`
  }
  if (account?.organization !== 1) return `Unknown organization ${name}`
  return account.id === namespace.id
    ? undefined
    : 'Organization name must match repository namespace'
}

async function recipients(tx: Db, namespace: AccountRow, target: Target): Promise<number[]> {
  if ((await complaintAbout(tx, namespace, target)) !== undefined) return []
  if (target.kind === 'org') return [namespace.id]
  if (target.kind === 'user') {
    const account = await accountStore(tx).find(target.name)
    return account === undefined ? [] : [account.id]
  }
  const team = await teamStore(tx).find(namespace.id, target.name)
  const members = team === undefined ? [] : await teamStore(tx).listMembers(team.id, mostMembers)
  return members.filter(({ robot }) => robot === 0).map(({ id }) => id)
}
