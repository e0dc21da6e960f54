import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import type { Principal } from '../accounts/principal.ts'
import {
  parseRepositoryName,
  type RepositoryName,
  type RepositoryNameRules,
} from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import type { AccessEntry, RegistryTokens } from './registry-token.ts'
import { parseScope, type Scope, type ScopeAction } from './scope.ts'
import type { TokenSubjects } from './token-subject-service.ts'

export type TokenService = ReturnType<typeof createTokenService>

/** Decides what a token may do and issues it (registry-protocol, 3.3). */
export function createTokenService({
  tokens,
  subjects,
  access,
  repositories,
  names,
  serverHostname,
  isReadOnly,
}: {
  tokens: RegistryTokens
  subjects: TokenSubjects
  access: AccessService
  repositories: RepositoryService
  names: RepositoryNameRules
  serverHostname: string
  isReadOnly: () => boolean
}) {
  return {
    /**
     * Asking for more than allowed is no error: the entry comes back with fewer actions.
     * @throws Problem `scope-invalid`, `repository-name-invalid`, `namespace-disabled`
     */
    async issue(
      principal: Principal,
      scopeTexts: readonly string[],
      service: string,
    ): Promise<string> {
      const entries: AccessEntry[] = []
      for (const text of scopeTexts) {
        if (text === '') {
          if (principal.kind === 'anonymous') throw new Problem('unauthenticated')
          continue
        }
        entries.push(await grant(principal, parseScope(text, serverHostname)))
      }
      return tokens.issue(subjects.subjectOf(principal), entries, service)
    },
  }

  async function grant(principal: Principal, scope: Scope): Promise<AccessEntry> {
    if (scope.type === 'registry') return scope
    const name = parseRepositoryName(scope.path, names)
    const wanted = scope.actions.filter((action) => action !== 'delete')
    const granted: ScopeAction[] = await access.decide(
      principal,
      name,
      isReadOnly() ? wanted.filter((action) => action === 'pull') : wanted,
    )
    if (scope.actions.includes('delete') && (await mayDelete(principal, name))) {
      granted.push('delete')
    }
    return { type: 'repository', name: scope.name, actions: granted }
  }

  /** Deleting is a write to a repository that is there; unlike a push it never creates one. */
  async function mayDelete(principal: Principal, name: RepositoryName): Promise<boolean> {
    const repository = await repositories.find(name.fullName)
    if (repository?.state !== 'NORMAL') return false
    if (await access.isRestrictedAt(principal, name.namespace)) return false
    return ['write', 'admin'].includes(await access.roleOn(principal, repository))
  }
}
