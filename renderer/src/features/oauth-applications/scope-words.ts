import { m } from '../../paraglide/messages.js'

interface ScopeWords {
  readonly title: () => string
  readonly isDangerous?: true
}

/** Of `/oauth/…` and tokens, in the order in which they are offered. */
export const scopeWords: Readonly<Record<string, ScopeWords>> = {
  'org:admin': { title: m.account_scope_org_admin, isDangerous: true },
  'repo:admin': { title: m.account_scope_repo_admin },
  'repo:create': { title: m.account_scope_repo_create },
  'repo:read': { title: m.account_scope_repo_read },
  'repo:write': { title: m.account_scope_repo_write },
  'super:user': { title: m.account_scope_super_user, isDangerous: true },
  'user:admin': { title: m.account_scope_user_admin, isDangerous: true },
  'user:read': { title: m.account_scope_user_read },
}

export const scopeTitle = (scope: string) => scopeWords[scope]?.title() ?? scope
