import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { manifestStore } from '../manifests/manifest-store.ts'
import { describeChange, type ContentChange } from '../tags/tag-record.ts'
import { tagStore } from '../tags/tag-store.ts'
import { labelMediaType } from './image-labels.ts'
import { isLabelKey, isReservedKey } from './label-key.ts'
import { labelStore, type LabelRow } from './label-store.ts'

export type LabelService = ReturnType<typeof createLabelService>

export interface NewLabel {
  readonly key: string
  readonly value: string
  /** Null: what the value looks like. */
  readonly mediaType: string | null
}

/** Of one manifest: those that came with the image, and those that were added. */
const labelsAtMost = 2_000
const mediaTypes: ReadonlySet<string> = new Set(['text/plain', 'application/json'])

export function createLabelService({
  db,
  clock,
  random,
  audit,
  reservedPrefixes,
}: {
  db: Db
  clock: Clock
  random: Random
  audit: AuditLog
  /** LABEL_KEY_RESERVED_PREFIXES */
  reservedPrefixes: readonly string[]
}) {
  /** @throws Problem `not-found` when the manifest is not there, or no tag reaches it */
  async function requireManifest(on: Db, repositoryId: number, digest: string): Promise<number> {
    const manifests = manifestStore(on)
    const found = isDigest(digest) ? await manifests.findByDigest(repositoryId, digest) : undefined
    if (found === undefined || !(await manifests.isAlive(repositoryId, found.id, clock.now()))) {
      throw new Problem('not-found')
    }
    return found.id
  }

  async function requireLabel(on: Db, manifestId: number, uuid: string): Promise<LabelRow> {
    const label = await labelStore(on).find(manifestId, uuid)
    if (label === undefined) throw new Problem('not-found')
    return label
  }

  function requireLabelRules({ key, mediaType }: NewLabel): void {
    if (isReservedKey(key, reservedPrefixes)) refuse('Label has a reserved prefix')
    if (!isLabelKey(key)) {
      refuse(
        'Label is of an invalid format or missing please use ^[a-z0-9](([a-z0-9]|[-.](?![.-]))*[a-z0-9])?$ format for labels',
      )
    }
    if (mediaType !== null && !mediaTypes.has(mediaType)) {
      refuse('Media type is invalid please use a valid media type: text/plain, application/json')
    }
  }

  return {
    /** Those whose keys begin with `prefix`. */
    async list(repositoryId: number, digest: string, prefix: string): Promise<LabelRow[]> {
      const manifestId = await requireManifest(db, repositoryId, digest)
      const labels = await labelStore(db).list(manifestId, labelsAtMost)
      return labels.filter(({ key }) => key.startsWith(prefix))
    },

    async get(repositoryId: number, digest: string, uuid: string): Promise<LabelRow> {
      return requireLabel(db, await requireManifest(db, repositoryId, digest), uuid)
    },

    async add(by: ContentChange, digest: string, label: NewLabel): Promise<LabelRow> {
      requireLabelRules(label)
      return db.transaction().execute(async (tx) => {
        await tagStore(tx).lockRepository(by.repository.id)
        const manifestId = await requireManifest(tx, by.repository.id, digest)
        if ((await labelStore(tx).count(manifestId)) >= labelsAtMost) {
          refuse(`A manifest has at most ${labelsAtMost} labels`)
        }
        const { key, value, mediaType } = label
        const uuid = random.uuid()
        await labelStore(tx).insert([
          {
            ...{ uuid, key, value },
            repository_id: by.repository.id,
            manifest_id: manifestId,
            source_type: 'api',
            media_type: mediaType ?? labelMediaType(value),
          },
        ])
        const added = await requireLabel(tx, manifestId, uuid)
        const { repo, namespace, entry } = describeChange(by)
        await audit.recordIn(
          tx,
          entry('manifest_label_add', {
            ...{ id: uuid, key, value, manifest_digest: digest },
            ...{ media_type: added.media_type, namespace, repo },
          }),
        )
        return added
      })
    },

    async delete(by: ContentChange, digest: string, uuid: string): Promise<void> {
      await db.transaction().execute(async (tx) => {
        const manifestId = await requireManifest(tx, by.repository.id, digest)
        const label = await requireLabel(tx, manifestId, uuid)
        if (label.source_type === 'manifest') refuse('Cannot delete immutable label')
        await labelStore(tx).delete(label.id)
        const { key, value } = label
        const { repo, namespace, entry } = describeChange(by)
        const metadata = { id: uuid, key, value, manifest_digest: digest, namespace, repo }
        await audit.recordIn(tx, entry('manifest_label_delete', metadata))
      })
    },
  }
}

function refuse(message: string): never {
  throw new Problem('rule-violated', { message })
}
