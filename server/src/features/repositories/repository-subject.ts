import type { RepositoryRow } from './repository-store.ts'

/** A repository as the action log and the API speak of it. */
export function subjectOf(
  repository: Pick<RepositoryRow, 'id' | 'name' | 'full_name' | 'namespace_user_id'>,
) {
  const namespace = repository.full_name.slice(0, -repository.name.length - 1)
  return {
    repositoryId: repository.id,
    account: { id: repository.namespace_user_id, username: namespace },
    about: { repo: repository.name, namespace },
  }
}
