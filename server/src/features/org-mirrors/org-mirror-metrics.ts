import { Counter, Gauge, Histogram } from 'prom-client'

import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Discovered } from './org-mirror-discovery.ts'
import { orgMirrorRepositoryStore } from './org-mirror-repository-store.ts'
import { orgMirrorStore } from './org-mirror-store.ts'
import type { Synced } from './org-mirror-sync.ts'

export type OrgMirrorMetrics = ReturnType<typeof createOrgMirrorMetrics>

const words = { success: 'success', failure: 'fail', cancelled: 'cancel' } as const
const countedAtMost = 10_000
const buckets = [60, 300, 900, 3_600]

/** What Quay tells about organization mirrors (metrics.tsv). */
export function createOrgMirrorMetrics(
  { registry }: Pick<Metrics, 'registry'>,
  { db, clock }: { db: Db; clock: Clock },
) {
  const registers = [registry]
  const discoveries = new Counter({
    name: 'quay_org_mirror_discovery_total',
    help: 'number of searches for repositories of organization mirrors',
    labelNames: ['status'],
    registers,
  })
  const discoverySeconds = new Histogram({
    name: 'quay_org_mirror_discovery_duration_seconds',
    help: 'seconds of a search for repositories',
    ...{ buckets, registers },
  })
  const discovered = new Gauge({
    name: 'quay_org_mirror_repos_discovered',
    help: 'repositories found by the last search',
    registers,
  })
  const created = new Counter({
    name: 'quay_org_mirror_repos_created_total',
    help: 'number of repositories created by organization mirrors',
    registers,
  })
  const syncs = new Counter({
    name: 'quay_org_mirror_repo_sync_total',
    help: 'number of repository syncs under organization mirrors',
    labelNames: ['status'],
    registers,
  })
  const syncSeconds = new Histogram({
    name: 'quay_org_mirror_repo_sync_duration_seconds',
    help: 'seconds of a repository sync under an organization mirror',
    ...{ buckets, registers },
  })
  const enabledMirrors = new Gauge({
    name: 'quay_org_mirrors_enabled',
    help: 'enabled organization mirror configurations',
    registers,
  })
  new Gauge({
    name: 'quay_org_mirrors_total',
    help: 'organization mirror configurations',
    registers,
    async collect() {
      const { total, enabled } = await orgMirrorStore(db).countAll()
      this.set(total)
      enabledMirrors.set(enabled)
    },
  })

  new Gauge({
    name: 'quay_org_mirror_configs_pending_discovery',
    help: 'organization mirrors that wait for a search',
    registers,
    async collect() {
      this.set(await orgMirrorStore(db).countEligible(clock.now(), countedAtMost))
    },
  })
  new Gauge({
    name: 'quay_org_mirror_repositories_unmirrored',
    help: 'repositories of organization mirrors that are due',
    registers,
    async collect() {
      this.set(await orgMirrorRepositoryStore(db).countEligible(clock.now(), countedAtMost))
    },
  })

  return {
    discovered({ ending, repositories }: Discovered, milliseconds: number): void {
      discoveries.inc({ status: words[ending] })
      discoverySeconds.observe(milliseconds / 1_000)
      if (ending === 'success') discovered.set(repositories)
    },

    synced(synced: Synced, milliseconds: number): void {
      syncs.inc({ status: words[synced.ending] })
      syncSeconds.observe(milliseconds / 1_000)
      if (synced.created) created.inc()
    },
  }
}
