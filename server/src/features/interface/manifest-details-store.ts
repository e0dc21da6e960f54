import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** What stands beside a manifest. */
export function manifestDetailsStore(db: Db) {
  return {
    find: (repositoryId: number, digest: string) =>
      db
        .selectFrom('manifest')
        .selectAll()
        .where('repository_id', '=', repositoryId)
        .where('digest', '=', digest)
        .executeTakeFirst(),

    /** Live tags on a manifest, and on the indexes that list it, by name. */
    async tagsOn(
      repositoryId: number,
      manifest: { readonly id: number; readonly digest: string },
      now: Instant,
      limit: number,
    ): Promise<string[]> {
      const rows = await db
        .selectFrom('tag')
        .select('tag.name')
        .distinct()
        .where((e) =>
          e.or([
            e('tag.manifest_id', '=', manifest.id),
            e('tag.manifest_id', 'in', (parents) =>
              parents
                .selectFrom('manifest_child')
                .select('manifest_child.manifest_id')
                .where('manifest_child.repository_id', '=', repositoryId)
                .where('manifest_child.child_digest', '=', manifest.digest),
            ),
          ]),
        )
        .where('tag.live_name', 'is not', null)
        .where((e) =>
          e.or([e('tag.lifetime_end_ms', 'is', null), e('tag.lifetime_end_ms', '>', now)]),
        )
        .orderBy('tag.name')
        .limit(limit)
        .execute()
      return rows.map(({ name }) => name)
    },
  }
}
