import { z } from 'zod'

import type { Db } from '../../db/tables.ts'
import { activityStore } from './activity-store.ts'
import { applianceStateStore } from './appliance-state-store.ts'

export type ChecklistService = ReturnType<typeof createChecklist>

const Kept = z.object({ dismissed: z.boolean() })
const name = 'checklist'
const authorityName = 'authority-fetched'

/** What an administrator should have done within the first week. */
export function createChecklist({
  db,
  hasOwnAuthority,
  hasBackupTarget,
  administrators,
  isReadOnly,
}: {
  db: Db
  /** Whether clients have to be told of an authority at all. */
  hasOwnAuthority: () => Promise<boolean>
  hasBackupTarget: boolean
  /** How many there are. */
  administrators: () => Promise<number>
  isReadOnly: () => boolean
}) {
  let isFetched = false

  return {
    /** Somebody took the certificate of the authority along. */
    async authorityFetched(): Promise<void> {
      if (isFetched || isReadOnly()) return
      isFetched = true
      await applianceStateStore(db).set(authorityName, true)
    },

    async read() {
      const states = applianceStateStore(db)
      const kept = Kept.safeParse(await states.find(name))
      isFetched ||= (await states.find(authorityName)) === true
      const steps = [
        { id: 'authority' as const, done: isFetched || !(await hasOwnAuthority()) },
        { id: 'first-push' as const, done: (await activityStore(db).lastPush()) !== null },
        { id: 'backup' as const, done: hasBackupTarget },
        { id: 'second-administrator' as const, done: (await administrators()) > 1 },
      ]
      return { dismissed: kept.success && kept.data.dismissed, steps }
    },

    setDismissed: (dismissed: boolean) => applianceStateStore(db).set(name, { dismissed }),
  }
}
