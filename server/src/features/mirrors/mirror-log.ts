import type { Db } from '../../db/tables.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import { subjectOf } from '../repositories/repository-subject.ts'
import type { Failure } from './mirror-failure.ts'

export type MirrorLogKind = Extract<LogKind, `repo_mirror_sync_${string}`>

export interface MirrorLine {
  readonly kind: MirrorLogKind
  readonly verb: 'start' | 'end' | 'finish' | 'lost' | 'Cancelled'
  readonly message: string
  readonly tag?: string
  readonly tags?: string
  readonly failure?: Failure | undefined
}

const listedTags = 100

export type MirrorLog = ReturnType<typeof createMirrorLog>

/** Writes what a run does into the usage log, with the keys that Quay's entries have. */
export function createMirrorLog({
  audit,
  repository,
  actor,
}: {
  audit: AuditLog
  repository: RepositoryRow
  actor: Actor
}) {
  const { repositoryId, account, about } = subjectOf(repository)
  return (tx: Db, { kind, verb, message, tag, tags, failure }: MirrorLine): Promise<void> =>
    audit.recordIn(tx, {
      kind,
      ...{ account, actor, repositoryId },
      metadata: {
        ...{ verb, namespace: about.namespace, repo: about.repo, message },
        tag: tag ?? null,
        tags: tags ?? null,
        stdout: null,
        stderr: failure === undefined ? null : `${failure.code}: ${failure.message}`,
      },
    })
}

/** The tags of a run, those that failed marked; a long list is cut. */
export function describeTags(selected: readonly string[], failed: readonly string[]): string {
  const broken = new Set(failed)
  const shown = selected
    .slice(0, listedTags)
    .map((tag) => (broken.has(tag) ? `${tag}(FAILED)` : tag))
  const more = selected.length - shown.length
  return [...shown, ...(more > 0 ? [`and ${String(more)} more`] : [])].join(', ')
}
