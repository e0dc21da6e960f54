import { lstat, realpath, rename, rm } from 'node:fs/promises'
import path from 'node:path'

import { printFolder } from '../../bundles/folder-print.ts'
import type { Db } from '../../db/tables.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import { bundleStore, type BundleRow } from './bundle-store.ts'
import { selectionStore } from './selection-store.ts'

const bundlesAtMost = 5_000

export type KeptBundles = ReturnType<typeof createKeptBundles>

/** Removes the folders of earlier bundles of a selection that says how many of them stay. */
export function createKeptBundles({
  db,
  log,
  audit,
}: {
  db: Db
  log: Logger
  audit: Pick<AuditLog, 'recordIn'>
}) {
  /** Renamed first: what a crash leaves of it is nobody's bundle, and the next run goes on. */
  async function remove(row: BundleRow, selection: string, actor: Actor): Promise<void> {
    const { id, path: folder } = row
    if (folder === null) return
    const leaving = leavingName(folder)
    if (await isThere(folder)) {
      const isOurs = path.basename(folder) === `bundle-${id}` && (await isWhatWasWritten(row))
      if (!isOurs) {
        log.info({ bundle: id, path: folder }, 'bundle folder left alone: it was changed')
        return
      }
      await rename(folder, leaving)
    }
    await rm(leaving, { recursive: true, force: true })
    await db.transaction().execute(async (tx) => {
      await bundleStore(tx).setState(id, 'out', { path: null, folder_print: null })
      await audit.recordIn(tx, {
        ...{ kind: 'bundle_folder_removed', account: null, actor },
        metadata: { bundle: id, selection, path: folder },
      })
    })
    log.info({ bundle: id, path: folder }, 'bundle folder removed')
  }

  return {
    /** After a run of the selection that ended well. */
    async prune(selectionId: string, actor: Actor): Promise<void> {
      const selection = await selectionStore(db).find(selectionId)
      const keep = selection?.keep_last ?? null
      if (selection === undefined || keep === null) return
      let kept = 0
      for (const row of await bundleStore(db).listOfSelection(selectionId, bundlesAtMost)) {
        const { path: folder } = row
        if (folder === null) continue
        const isHere = await isThere(folder)
        // Taken away, or on a medium that is not here now: not for us to say.
        if (!isHere && !(await isThere(leavingName(folder)))) continue
        if (isHere && kept < keep) kept++
        else await remove(row, selection.name, actor)
      }
    },
  }
}

const leavingName = (folder: string): string =>
  path.join(path.dirname(folder), `.${path.basename(folder)}.removed`)

async function isWhatWasWritten({ path: folder, folder_print }: BundleRow): Promise<boolean> {
  if (folder === null || folder_print === null) return false
  // Through no link, wherever one may stand by now.
  if ((await realpath(folder)) !== folder) return false
  return (await printFolder(folder)) === folder_print
}

const isThere = (folder: string): Promise<boolean> =>
  lstat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  )
