import {
  createOrgImmutabilityPolicy,
  createRepositoryImmutabilityPolicy,
  deleteOrgImmutabilityPolicy,
  deleteRepositoryImmutabilityPolicy,
  getOrgImmutabilityPolicy,
  getRepositoryImmutabilityPolicy,
  listOrgImmutabilityPolicies,
  listRepositoryImmutabilityPolicies,
  updateOrgImmutabilityPolicy,
  updateRepositoryImmutabilityPolicy,
} from '../../contract/immutability.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { PolicyRow, PolicyValues } from './immutability-store.ts'
import type { PolicyService } from './policy-service.ts'

/** Immutability policies of organizations and repositories (api-shapes, 17.3). */
export function immutabilityApi({ policies }: { policies: PolicyService }): readonly ApiRoute[] {
  return [
    route(listOrgImmutabilityPolicies, async (call) => ({
      policies: (await policies.list(ofOrganization(call))).map(present),
    })),
    route(createOrgImmutabilityPolicy, async (call) => ({
      uuid: await policies.create(ofOrganization(call), valuesOf(call.body)),
    })),
    route(getOrgImmutabilityPolicy, async (call) =>
      present(await policies.get(ofOrganization(call), call.params.policy_uuid)),
    ),
    route(updateOrgImmutabilityPolicy, async (call) => {
      await policies.update(ofOrganization(call), call.params.policy_uuid, valuesOf(call.body))
      return undefined
    }),
    route(deleteOrgImmutabilityPolicy, async (call) => {
      await policies.delete(ofOrganization(call), call.params.policy_uuid)
      return { uuid: call.params.policy_uuid }
    }),

    route(listRepositoryImmutabilityPolicies, async (call) => ({
      policies: (await policies.list(call)).map(present),
    })),
    route(createRepositoryImmutabilityPolicy, async (call) => ({
      uuid: await policies.create(call, valuesOf(call.body)),
    })),
    route(getRepositoryImmutabilityPolicy, async (call) =>
      present(await policies.get(call, call.params.policy_uuid)),
    ),
    route(updateRepositoryImmutabilityPolicy, async (call) => {
      await policies.update(call, call.params.policy_uuid, valuesOf(call.body))
      return undefined
    }),
    route(deleteRepositoryImmutabilityPolicy, async (call) => {
      await policies.delete(call, call.params.policy_uuid)
      return { uuid: call.params.policy_uuid }
    }),
  ]
}

function ofOrganization({ organization, actor }: { organization: AccountRow; actor: Actor }) {
  return { namespace: organization, actor }
}

function valuesOf(body: {
  tagPattern: string
  tagPatternMatches?: boolean | undefined
}): PolicyValues {
  return { pattern: body.tagPattern, matches: body.tagPatternMatches ?? true }
}

function present({ uuid, tag_pattern, tag_pattern_matches }: PolicyRow) {
  return { uuid, tagPattern: tag_pattern, tagPatternMatches: tag_pattern_matches === 1 }
}
