import type { FieldGroup } from './field-group.ts'
import { accessSettings } from './groups/access-settings.ts'
import { appTokenAuthentication, jwtAuthentication, ldap } from './groups/authentication.ts'
import { bitbucketBuildTrigger, gitLabBuildTrigger } from './groups/build-triggers.ts'
import { database } from './groups/database.ts'
import { distributedStorage } from './groups/distributed-storage.ts'
import { email } from './groups/email.ts'
import { hostSettings } from './groups/host-settings.ts'
import { gitHubBuildTrigger, gitHubLogin, googleLogin, oidc } from './groups/login-services.ts'
import { actionLogArchiving, elasticSearch } from './groups/logs.ts'
import { modelCacheConfig } from './groups/model-cache-config.ts'
import { redis } from './groups/redis.ts'
import {
  buildManager,
  quayDocumentation,
  repoMirror,
  securityScanner,
  teamSyncing,
  userVisibleSettings,
} from './groups/services.ts'
import { autoPrune, timeMachine } from './groups/tags.ts'

/** Every group of Quay's config tool, by name. */
export const fieldGroups: readonly FieldGroup[] = [
  accessSettings,
  actionLogArchiving,
  appTokenAuthentication,
  autoPrune,
  bitbucketBuildTrigger,
  buildManager,
  database,
  distributedStorage,
  elasticSearch,
  email,
  gitHubBuildTrigger,
  gitHubLogin,
  gitLabBuildTrigger,
  googleLogin,
  hostSettings,
  jwtAuthentication,
  ldap,
  modelCacheConfig,
  oidc,
  quayDocumentation,
  redis,
  repoMirror,
  securityScanner,
  teamSyncing,
  timeMachine,
  userVisibleSettings,
]

/** What the groups have where a configuration says nothing. */
export function usualSettings(): Readonly<Record<string, unknown>> {
  const fields = fieldGroups.flatMap((group) => Object.entries(group.fields))
  return Object.fromEntries(
    fields.flatMap(([key, { usual }]) => (usual === undefined ? [] : [[key, usual]])),
  )
}
