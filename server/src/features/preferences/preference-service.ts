import type { z } from 'zod'

import { Preferences } from '../../contract/preferences.ts'
import type { Db } from '../../db/tables.ts'
import { preferenceStore } from './preference-store.ts'

export type PreferenceService = ReturnType<typeof createPreferenceService>

type Values = z.output<typeof Preferences>

const usual: Values = {
  language: null,
  theme: 'auto',
  density: 'comfortable',
  page_size: 20,
  shortcuts: true,
}

/** How people like the interface, wherever they sign in. */
export function createPreferenceService({ db }: { db: Db }) {
  async function read(tx: Db, userId: number): Promise<Values> {
    // What another version kept, and this one does not know, is as good as not there.
    const kept = Preferences.partial().safeParse(await preferenceStore(tx).find(userId))
    return { ...usual, ...(kept.success && given(kept.data)) }
  }

  return {
    get: (userId: number): Promise<Values> => read(db, userId),

    change: (userId: number, changes: z.output<ReturnType<typeof Preferences.partial>>) =>
      db.transaction().execute(async (tx) => {
        const next = { ...(await read(tx, userId)), ...given(changes) }
        await preferenceStore(tx).set(userId, next)
        return next
      }),
  }
}

function given(values: Partial<Record<keyof Values, unknown>>): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}
