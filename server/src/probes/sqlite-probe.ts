import { access } from 'node:fs/promises'
import { fine, probing, reasonOf, wrong, type Probe, type ProbeContext } from './probe.ts'

/** What SQLite itself says about its file, whether a server uses it or not. */
export function probeSqlite({ file }: { readonly file: string }, context: ProbeContext): Probe {
  return probing(context, 'database', `Reading ${file}`, async () => {
    try {
      await access(file)
    } catch (error) {
      return wrong('MOOR-DB-020', { file, reason: reasonOf(error) })
    }
    const { sqliteDamage } = await import('../db/sqlite-copy.ts')
    const damage = sqliteDamage(file)
    if (damage !== undefined) return wrong('MOOR-DB-019', { file, reason: damage })
    return fine('The database is sound', { file })
  })
}
