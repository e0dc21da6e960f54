import { setImmediate as nextTurn } from 'node:timers/promises'

import { z } from 'zod'

import {
  changeInstallUser,
  changeOrganization,
  createInstallUser,
  deleteInstallUser,
  deleteOrganization,
  getInstallUser,
  listAllOrganizations,
  listAllUsers,
  sendInstallUserRecoveryEmail,
  takeOwnership,
} from '../../contract/superuser-users.ts'
import { Problem, type ProblemCode } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { PageTokens } from '../api/page-token-service.ts'
import type { QuotaReports } from '../quota/quota-report-service.ts'
import type { AccountRemovalService } from './account-removal-service.ts'
import type { AccountsPage } from './account-list-store.ts'
import type { AccountRow } from './account-store.ts'
import type { Avatars } from './avatar.ts'
import type { EncryptedPasswords } from './encrypted-password.ts'
import type { PeopleAdminService } from './people-admin-service.ts'
import { superuserView } from './superuser-view.ts'
import type { UserPrincipal } from './principal.ts'
import type { OrganizationService } from './organization-service.ts'

const batch = 500
const pageAtMost = 100
/** The rules about names, addresses and passwords are told here without the problem document. */
const dataRules: readonly ProblemCode[] = [
  'namespace-invalid',
  'namespace-taken',
  'email-invalid',
  'password-invalid',
]

export function superuserUsersApi({
  people,
  organizations,
  removals,
  encryptedPasswords,
  avatars,
  pageTokens,
  quota,
  principalOf,
}: {
  people: PeopleAdminService
  organizations: OrganizationService
  removals: AccountRemovalService
  encryptedPasswords: EncryptedPasswords
  avatars: Avatars
  pageTokens: PageTokens
  quota: QuotaReports
  principalOf: (account: AccountRow) => UserPrincipal
}): readonly ApiRoute[] {
  const person = (account: AccountRow) => superuserView(account, principalOf(account), avatars)
  const organization = (account: AccountRow) => ({
    name: account.username,
    email: account.contact_email,
    avatar: avatars.of(account),
  })

  /** One page of a list, or without a limit all of it, read in batches. */
  async function page(
    name: string,
    { limit, next_page: token }: { limit?: number | undefined; next_page?: string | undefined },
    read: (range: AccountsPage) => Promise<AccountRow[]>,
  ): Promise<{ rows: AccountRow[]; next_page?: string }> {
    if (limit === undefined) return { rows: await readAll(read) }
    if (limit > pageAtMost) throw invalidLimit('above 100')
    if (limit < 1) throw invalidLimit('below 1')
    const after = pageTokens.open(name, token, z.int()) ?? 0
    const found = await read({ after, limit: limit + 1 })
    const rows = found.slice(0, limit)
    const last = rows.at(-1)
    const hasMore = found.length > limit && last !== undefined
    return { rows, ...(hasMore && { next_page: pageTokens.seal(name, last.id) }) }
  }

  return [
    route(listAllUsers, async ({ query }) => {
      const { rows, ...next } = await page('superuser users', query, (range) =>
        people.listPeople(range, { withDisabled: query.disabled ?? true }),
      )
      const report = await quota.ofNamespaces(rows.map(({ id }) => id))
      return { users: rows.map((row) => ({ ...person(row), ...report(row.id) })), ...next }
    }),

    route(
      createInstallUser,
      async ({ body, actor }) => {
        const { username, email = null } = body
        const { account, password } = await people.create({ username, email }, actor)
        return {
          username: account.username,
          email: account.email,
          password,
          encrypted_password: encryptedPasswords.encrypt(password),
        }
      },
      { plain: [...dataRules, 'request-invalid'] },
    ),

    route(getInstallUser, async ({ params }) => {
      const account = await people.getPerson(params.username)
      return { ...person(account), ...(await quota.ofNamespace(account.id)) }
    }),

    route(
      changeInstallUser,
      async ({ params, body, actor }) => {
        const account = await people.change(params.username, body, actor)
        return {
          ...person(account),
          ...(body.password !== undefined && {
            encrypted_password: encryptedPasswords.encrypt(body.password),
          }),
        }
      },
      { plain: dataRules },
    ),

    route(deleteInstallUser, async ({ params, actor }) => {
      await removals.remove(await people.getDeletable(params.username), actor)
      return undefined
    }),

    route(sendInstallUserRecoveryEmail, async ({ params }) => ({
      email: await people.sendRecovery(params.username),
    })),

    route(takeOwnership, async ({ params, principal, actor }) => {
      await people.takeOwnership(params.namespace, principal, actor)
      return { namespace: params.namespace }
    }),

    route(listAllOrganizations, async ({ query }) => {
      const { rows, ...next } = await page('superuser organizations', query, (range) =>
        people.listOrganizations(range),
      )
      const report = await quota.ofNamespaces(rows.map(({ id }) => id))
      return {
        organizations: rows.map((row) => ({ ...organization(row), ...report(row.id) })),
        ...next,
      }
    }),

    route(
      changeOrganization,
      async ({ params, body, actor }) => {
        const renamed = await people.renameOrganization(params.name, body.name, actor)
        return { ...organization(renamed), ...(await quota.ofNamespace(renamed.id)) }
      },
      { plain: dataRules },
    ),

    route(deleteOrganization, async ({ params, actor }) => {
      const found = await organizations.find(params.name)
      if (found === undefined) throw new Problem('not-found')
      await removals.remove(found, actor)
      return undefined
    }),
  ]
}

const invalidLimit = (how: string) =>
  new Problem('request-invalid', { message: `Page limit cannot be ${how}` })

async function readAll(read: (range: AccountsPage) => Promise<AccountRow[]>) {
  const all: AccountRow[] = []
  for (;;) {
    const rows = await read({ after: all.at(-1)?.id ?? 0, limit: batch })
    all.push(...rows)
    if (rows.length < batch) return all
    await nextTurn()
  }
}
