import type { Selectable } from 'kysely'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

export type BundleDirection = 'out' | 'in'
export type BaseKind = 'none' | 'receipt' | 'bundle'
export type BundleState =
  'writing' | 'ready' | 'confirmed' | 'importing' | 'imported' | 'incomplete' | 'failed'

export interface BundleTable {
  id: string
  direction: BundleDirection
  created_at: Instant
  stream: string | null
  sequence: number | null
  base_kind: BaseKind
  base_id: string | null
  source_name: string
  source_key_id: string
  /** Of the signed manifest; null until it is signed. */
  manifest_digest: string | null
  entries: number
  blobs: number
  size_bytes: number
  volumes: number
  state: BundleState
  job_id: string | null
  path: string | null
  /** The selection whose run wrote it. */
  selection_id: string | null
  /** Of the folder as it was written, for who removes it one day. */
  folder_print: string | null
}

export type BundleRow = Selectable<BundleTable>
export type NewBundle = Omit<BundleRow, 'selection_id' | 'folder_print'> & Partial<BundleRow>

/** Digests or entries that belong to a bundle or a receipt, compressed. */
export interface BundleSetTable {
  name: string
  content: Uint8Array
}

export interface BundlePosition {
  readonly at: Instant
  readonly id: string
}

const claimName = (stream: string, number: number) => `sequence:${stream}:${String(number)}`

/** Queries of `bundle` and `bundleset`. */
export function bundleStore(db: Db) {
  return {
    find: (id: string, direction: BundleDirection): Promise<BundleRow | undefined> =>
      db
        .selectFrom('bundle')
        .selectAll()
        .where('id', '=', id)
        .where('direction', '=', direction)
        .executeTakeFirst(),

    /** Records a bundle, or how it stands now. */
    put: (row: NewBundle) =>
      db
        .insertInto('bundle')
        .values(row)
        .onConflict((conflict) => conflict.columns(['id', 'direction']).doUpdateSet(row))
        .execute(),

    setState: (id: string, direction: BundleDirection, change: Partial<BundleRow>) =>
      db
        .updateTable('bundle')
        .set(change)
        .where('id', '=', id)
        .where('direction', '=', direction)
        .execute(),

    /** What runs of a selection wrote, the latest first. */
    listOfSelection: (selectionId: string, limit: number): Promise<BundleRow[]> =>
      db
        .selectFrom('bundle')
        .selectAll()
        .where('selection_id', '=', selectionId)
        .where('path', 'is not', null)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    /** A receipt of the other side names them. */
    confirm: (ids: readonly string[]) =>
      ids.length === 0
        ? Promise.resolve([])
        : db
            .updateTable('bundle')
            .set({ state: 'confirmed' })
            .where('direction', '=', 'out')
            .where('state', '=', 'ready')
            .where('id', 'in', ids)
            .execute(),

    /** The highest number that a stream has reached; imported ones only when they came in. */
    async lastSequence(stream: string, direction: BundleDirection): Promise<number | undefined> {
      const row = await db
        .selectFrom('bundle')
        .select('sequence')
        .where('stream', '=', stream)
        .where('direction', '=', direction)
        .where('sequence', 'is not', null)
        .$if(direction === 'in', (query) => query.where('state', '=', 'imported'))
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.sequence ?? undefined
    },

    /**
     * The next number of a stream, which nobody else gets until it is released: by the bundle that
     * has it, or by one that was given up. Who claimed one already gets the same.
     */
    async claimSequence(stream: string, holder: string, from: number): Promise<number> {
      for (let number = from; ; number++) {
        const name = claimName(stream, number)
        const { numInsertedOrUpdatedRows } = await db
          .insertInto('bundleset')
          .values({ name, content: Buffer.from(holder) })
          .onConflict((conflict) => conflict.column('name').doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 1n) return number
        if ((await this.findSet(name))?.toString() === holder) return number
      }
    },

    releaseSequence: (stream: string, number: number) =>
      db.deleteFrom('bundleset').where('name', '=', claimName(stream, number)).execute(),

    /** The bundle of a stream with the highest number. */
    async findLastSent(stream: string): Promise<string | undefined> {
      const row = await db
        .selectFrom('bundle')
        .select('id')
        .where('stream', '=', stream)
        .where('direction', '=', 'out')
        .where('sequence', 'is not', null)
        .orderBy('sequence', 'desc')
        .limit(1)
        .executeTakeFirst()
      return row?.id
    },

    /** The last bundle of a source that came in whole. */
    findLastImported: (keyId: string) =>
      db
        .selectFrom('bundle')
        .select('id')
        .where('direction', '=', 'in')
        .where('state', '=', 'imported')
        .where('source_key_id', '=', keyId)
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst(),

    /** Bundles that came in whole, the latest first. */
    listImported: (limit: number) =>
      db
        .selectFrom('bundle')
        .select(['id', 'created_at'])
        .where('direction', '=', 'in')
        .where('state', '=', 'imported')
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    /** The latest first. */
    page: (
      direction: BundleDirection | undefined,
      after: BundlePosition | undefined,
      limit: number,
    ): Promise<BundleRow[]> =>
      db
        .selectFrom('bundle')
        .selectAll()
        .$if(direction !== undefined, (query) => query.where('direction', '=', direction ?? 'out'))
        .$if(after !== undefined, (query) =>
          query.where((e) =>
            e.or([
              e('created_at', '<', after?.at ?? 0),
              e.and([e('created_at', '=', after?.at ?? 0), e('id', '<', after?.id ?? '')]),
            ]),
          ),
        )
        .orderBy('created_at', 'desc')
        .orderBy('id', 'desc')
        .limit(limit)
        .execute(),

    async findSet(name: string): Promise<Buffer | undefined> {
      const row = await db
        .selectFrom('bundleset')
        .select('content')
        .where('name', '=', name)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const { buffer, byteOffset, byteLength } = row.content
      return Buffer.from(buffer, byteOffset, byteLength)
    },

    putSet: (name: string, content: Buffer) =>
      db
        .insertInto('bundleset')
        .values({ name, content })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ content }))
        .execute(),
  }
}
