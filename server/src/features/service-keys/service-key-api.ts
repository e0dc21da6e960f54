import {
  approveServiceKey,
  createServiceKey,
  deleteServiceKey,
  getServiceKey,
  listServiceKeys,
  updateServiceKey,
} from '../../contract/service-keys.ts'
import { Problem } from '../../problem.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { superuserView } from '../accounts/superuser-view.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireHttpDate } from '../api/wire-date.ts'
import type { PublicJwk } from './public-jwk.ts'
import { expirationDate, metadataOf, type ServiceKeyService } from './service-key-service.ts'
import type { ServiceKeyRow } from './service-key-store.ts'

/** The last second that fits into a date with four digits for the year. */
const latestSeconds = 253_402_300_799

export function serviceKeyApi({
  keys,
  accounts,
  avatars,
}: {
  keys: ServiceKeyService
  accounts: AccountService
  avatars: Avatars
}): readonly ApiRoute[] {
  const presentApprover = (account: AccountRow) =>
    superuserView(account, accounts.principalOf(account), avatars)

  async function presentApproval(key: ServiceKeyRow) {
    if (key.approved_at === null) return null
    const approver = key.approver_id === null ? undefined : await accounts.findById(key.approver_id)
    return {
      approver: approver === undefined ? null : presentApprover(approver),
      approval_type: `ServiceKeyApprovalType.${key.approval_type ?? 'AUTOMATIC'}`,
      approved_date: wireHttpDate(key.approved_at),
      notes: key.approval_notes,
    }
  }

  const present = async (key: ServiceKeyRow) => ({
    name: key.name,
    kid: key.kid,
    service: key.service,
    jwk: JSON.parse(key.jwk_json) as PublicJwk,
    metadata: metadataOf(key),
    created_date: wireHttpDate(key.created_at),
    expiration_date: expirationDate(key),
    rotation_duration: key.rotation_duration_s,
    approval: await presentApproval(key),
  })

  return [
    route(listServiceKeys, async () => ({
      keys: await Promise.all((await keys.list()).map(present)),
    })),

    route(createServiceKey, async ({ body, user, actor }) => {
      const made = await keys.create(
        {
          service: body.service,
          name: body.name ?? '',
          expiresAt: instantOf(body.expiration),
          metadata: body.metadata ?? {},
          notes: body.notes ?? '',
        },
        user,
        actor,
      )
      return {
        kid: made.kid,
        name: made.name,
        service: made.service,
        public_key: made.publicPem,
        private_key: made.privatePem,
      }
    }),

    route(getServiceKey, async ({ params }) => present(await keys.get(params.kid))),

    route(updateServiceKey, async ({ params, body, actor }) => {
      const { name, metadata, expiration } = body
      const expiresAt = expiration === undefined ? undefined : instantOf(expiration)
      return present(await keys.update(params.kid, { name, metadata, expiresAt }, actor))
    }),

    route(deleteServiceKey, async ({ params, actor }) => {
      await keys.delete(params.kid, actor)
      return undefined
    }),

    route(approveServiceKey, async ({ params, body, user, actor }) => {
      await keys.approve(params.kid, body.notes ?? '', user, actor)
      return undefined
    }),
  ]
}

/** @throws Problem `request-invalid` */
function instantOf(seconds: number | null): number | null {
  if (seconds === null) return null
  if (seconds > latestSeconds || seconds < -latestSeconds) {
    throw new Problem('request-invalid', { message: `Invalid expiration date: ${String(seconds)}` })
  }
  return Math.floor(seconds * 1_000)
}
