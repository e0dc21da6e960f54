import type { Generated, Selectable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import { inBatches } from '../blobs/blob-store.ts'
import { lifeKeys, type KeyAndValue } from './image-life.ts'

export type LabelSource = 'manifest' | 'api' | 'internal'

export interface ManifestLabelTable {
  id: Generated<number>
  uuid: string
  repository_id: number
  manifest_id: number
  key: string
  value: string
  source_type: LabelSource
  media_type: string
}

export type LabelRow = Selectable<ManifestLabelTable>

const listFromImage = prepared<{ manifest: number; limit: number }>()((param, db) =>
  db
    .selectFrom('manifestlabel')
    .select(['key', 'value'])
    .where('manifest_id', '=', param('manifest'))
    .where('source_type', '=', 'manifest')
    .limit(param('limit')),
)

/** Queries of the labels of manifests. */
export function labelStore(db: Db) {
  return {
    list: (manifestId: number, limit: number): Promise<LabelRow[]> =>
      db
        .selectFrom('manifestlabel')
        .selectAll()
        .where('manifest_id', '=', manifestId)
        .orderBy('key')
        .orderBy('id')
        .limit(limit)
        .execute(),

    find: (manifestId: number, uuid: string): Promise<LabelRow | undefined> =>
      db
        .selectFrom('manifestlabel')
        .selectAll()
        .where('uuid', '=', uuid)
        .where('manifest_id', '=', manifestId)
        .executeTakeFirst(),

    async count(manifestId: number): Promise<number> {
      const { count } = await db
        .selectFrom('manifestlabel')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('manifest_id', '=', manifestId)
        .executeTakeFirstOrThrow()
      return count
    },

    /** Labels that came with the image. */
    listFromImage: (manifestId: number, limit: number): Promise<KeyAndValue[]> =>
      listFromImage(db, { manifest: manifestId, limit }),

    /** What the image itself says about the life of its tags. */
    listOfLife: (manifestId: number): Promise<KeyAndValue[]> =>
      db
        .selectFrom('manifestlabel')
        .select(['key', 'value'])
        .where('manifest_id', '=', manifestId)
        .where('key', 'in', lifeKeys)
        .where('source_type', '=', 'manifest')
        .execute(),

    /** The same of the children of an index: a list for each, empty ones too. */
    async listOfLifeOfChildren(indexId: number): Promise<KeyAndValue[][]> {
      const rows = await db
        .selectFrom('manifest_child')
        .leftJoin('manifest as child', (join) =>
          join
            .onRef('child.digest', '=', 'manifest_child.child_digest')
            .onRef('child.repository_id', '=', 'manifest_child.repository_id'),
        )
        .leftJoin('manifestlabel as label', (join) =>
          join
            .onRef('label.manifest_id', '=', 'child.id')
            .on('label.key', 'in', lifeKeys)
            .on('label.source_type', '=', 'manifest'),
        )
        .select(['manifest_child.child_digest', 'label.key', 'label.value'])
        .where('manifest_child.manifest_id', '=', indexId)
        .execute()
      return [...Map.groupBy(rows, (row) => row.child_digest).values()].map((ofChild) =>
        ofChild.flatMap(({ key, value }) =>
          key === null || value === null ? [] : [{ key, value }],
        ),
      )
    },

    async insert(labels: readonly Omit<LabelRow, 'id'>[]): Promise<void> {
      for (const some of inBatches(labels, 100)) {
        await db.insertInto('manifestlabel').values(some).execute()
      }
    },

    async delete(id: number): Promise<void> {
      await db.deleteFrom('manifestlabel').where('id', '=', id).execute()
    },
  }
}
