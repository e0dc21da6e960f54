import type { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { User } from '../../contract/users.ts'
import type { Db } from '../../db/tables.ts'
import { reachesTeamRole, type AccessService } from '../access/access-service.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import { accountListStore } from './account-list-store.ts'
import { accountStore, type AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import { federatedLoginStore } from './federated-login-store.ts'
import { hasScope, type Principal } from './principal.ts'
import { promptStore } from './prompt-store.ts'

export type UserView = ReturnType<typeof createUserView>

const organizationsAtMost = 1_000

/** A person as the API shows it to somebody (api-shapes, 3.1). */
export function createUserView({
  db,
  access,
  avatars,
  quota,
  config,
}: {
  db: Db
  access: AccessService
  avatars: Avatars
  quota: Pick<QuotaReports, 'ofNamespace'>
  config: Pick<Config, 'publicNamespaces'>
}) {
  async function organizations(viewer: Principal, user: AccountRow, isAdmin: boolean) {
    const own = await accountListStore(db).organizationsOf(user.id, organizationsAtMost)
    const shown = new Map(own.map((account) => [account.username, account]))
    for (const name of config.publicNamespaces) {
      const account = shown.get(name) ?? (await accountStore(db).find(name))
      if (account?.robot === 0) shown.set(name, account)
    }
    const views = []
    for (const account of shown.values()) {
      const role = await access.teamRoleIn(viewer, account)
      const mayAll = access.hasFullAccess(viewer)
      views.push({
        name: account.username,
        avatar: avatars.of(account),
        can_create_repo: mayAll || reachesTeamRole(role, 'creator'),
        public: config.publicNamespaces.includes(account.username),
        ...(isAdmin && { is_org_admin: mayAll || role === 'admin', preferred_namespace: false }),
      })
    }
    return views
  }

  async function details(viewer: Principal, user: AccountRow) {
    const logins = await federatedLoginStore(db).list(user.id)
    return {
      can_create_repo: await access.mayCreateIn(viewer, user),
      is_me: true,
      verified: user.verified === 1,
      email: user.email,
      logins: logins.map(({ service, service_ident, metadata_json }) => ({
        service,
        service_identifier: service_ident,
        metadata: JSON.parse(metadata_json) as Record<string, unknown>,
      })),
      invoice_email: user.invoice_email === 1,
      invoice_email_address: user.invoice_email_address,
      preferred_namespace: false,
      tag_expiration_s: user.removed_tag_expiration_s,
      prompts: await promptStore(db).list(user.id),
      company: user.company,
      family_name: user.family_name,
      given_name: user.given_name,
      location: user.location,
      is_free_account: true,
      has_password_set: user.password_hash !== null,
      ...(await quota.ofNamespace(user.id)),
    }
  }

  return {
    async show(viewer: Principal, user: AccountRow): Promise<z.output<typeof User>> {
      const isSelf = viewer.kind === 'user' && viewer.id === user.id
      const isAdmin = isSelf && hasScope(viewer, 'user:admin')
      const mayRead = isSelf && hasScope(viewer, 'user:read')
      return {
        anonymous: false,
        username: user.username,
        avatar: avatars.of(user),
        ...(isAdmin && (await details(viewer, user))),
        ...(mayRead && { organizations: await organizations(viewer, user, isAdmin) }),
        ...(access.isSuperUser(viewer) && { super_user: isSelf }),
        ...(access.isGlobalReader(viewer) && { global_readonly_super_user: isSelf }),
      }
    },
  }
}
