import type { AccountRow } from '../accounts/account-store.ts'
import type { Actor, AuditEntry } from '../audit/audit-log.ts'
import type { LogKind } from '../audit/log-kinds.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'

/** A change to the content of a repository, and who makes it. */
export interface ContentChange {
  readonly repository: RepositoryRow
  readonly namespace: Pick<AccountRow, 'id' | 'username'>
  readonly actor: Actor
}

/** What the log says about every such change. */
export function describeChange({ repository, namespace, actor }: ContentChange) {
  const { principal } = actor
  const username =
    principal === 'system' || principal.kind === 'anonymous' ? undefined : principal.username
  return {
    username,
    repo: repository.name,
    namespace: namespace.username,
    entry: (kind: LogKind, metadata: Readonly<Record<string, unknown>>): AuditEntry => ({
      kind,
      account: { id: namespace.id, username: namespace.username },
      actor,
      repositoryId: repository.id,
      metadata,
    }),
  }
}
