import type { Database } from '../../db/open.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Digest } from '../../storage/digest.ts'
import { mediaTypes } from './manifest-media-types.ts'
import { manifestStore } from './manifest-store.ts'

export interface ReferrerDescriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly artifactType?: string
  readonly annotations?: Readonly<Record<string, string>>
}

export interface ReferrerPage {
  readonly manifests: readonly ReferrerDescriptor[]
  /** Where the next page starts; absent on the last one. */
  readonly after?: string
}

export type ReferrerService = ReturnType<typeof createReferrerService>

/** Manifests that name another one as their subject (OCI distribution spec, "Listing referrers"). */
export function createReferrerService({ database, clock }: { database: Database; clock: Clock }) {
  return {
    async list(query: {
      repositoryId: number
      subject: Digest
      artifactType: string | undefined
      after: string
      limit: number
    }): Promise<ReferrerPage> {
      const rows = await manifestStore(database.db).listReferrers({
        ...query,
        limit: query.limit + 1,
        now: clock.now(),
      })
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      return {
        manifests: page.map((row) => ({
          mediaType: row.media_type,
          digest: row.digest,
          size: row.size_bytes,
          ...(row.artifact_type === null ? {} : { artifactType: row.artifact_type }),
          ...annotationsOf(row.annotations_json),
        })),
        ...(rows.length > query.limit && last !== undefined ? { after: last.digest } : {}),
      }
    },
  }
}

export function referrersIndex(manifests: readonly ReferrerDescriptor[]) {
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }
}

function annotationsOf(json: string | null): { annotations?: Record<string, string> } {
  const annotations = JSON.parse(json ?? '{}') as Record<string, string>
  return Object.keys(annotations).length === 0 ? {} : { annotations }
}
