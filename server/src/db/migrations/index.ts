import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'
import { registry } from './0001-registry.ts'
import { management } from './0002-management.ts'
import { quota } from './0003-quota.ts'
import { grantsByNamespace } from './0004-grants-by-namespace.ts'
import { recoveryCodes } from './0005-recovery-codes.ts'
import { growth } from './0006-growth.ts'
import { blobFetches } from './0007-blob-fetches.ts'
import { mirrors } from './0008-mirrors.ts'
import { bundles } from './0010-bundles.ts'
import { proxyCache } from './0009-proxy-cache.ts'
import { lastModified } from './0011-last-modified.ts'
import { orgMirrors } from './0012-org-mirrors.ts'
import { applianceLogKinds } from './0013-appliance-kinds.ts'
import { repoNotifications } from './0014-repo-notifications.ts'
import { mirrorLog } from './0015-mirror-log.ts'
import { bundleSelections } from './0016-bundle-selections.ts'
import { keptBundles } from './0017-kept-bundles.ts'

/** Every migration, listed by hand so that a bundle contains them; applied in the order of their names. */
export const migrations: Readonly<Record<string, (dialect: Dialect) => Migration>> = {
  '0001-registry': registry,
  '0002-management': management,
  '0003-quota': quota,
  '0004-grants-by-namespace': grantsByNamespace,
  '0005-recovery-codes': recoveryCodes,
  '0006-growth': growth,
  '0007-blob-fetches': blobFetches,
  '0008-mirrors': mirrors,
  '0009-proxy-cache': proxyCache,
  '0010-bundles': bundles,
  '0011-last-modified': lastModified,
  '0012-org-mirrors': orgMirrors,
  '0013-appliance-kinds': applianceLogKinds,
  '0014-repo-notifications': repoNotifications,
  '0015-mirror-log': mirrorLog,
  '0016-bundle-selections': bundleSelections,
  '0017-kept-bundles': keptBundles,
}
