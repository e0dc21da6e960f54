import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from '../support/content.ts'
import { expectStatus, type RegistryClient } from '../support/registry-client.ts'
import type { Stock } from '../support/stocked-registry.ts'
import type { Records } from './records.ts'

/** No lease of the server is longer: of one whose holder died, this much may be left. */
const longestLeaseMs = 60_000

interface Described {
  readonly digest: string
  readonly size: number
}

/**
 * Every tag that shows is whole, wherever the work stands: its manifests are those of the stock, and
 * all that they name is there.
 * @returns how many show
 */
export async function requireWholeTags(
  client: RegistryClient,
  { repository, manifests }: Stock,
): Promise<number> {
  const listed = await client.listTags(repository)
  if (listed.status === 404) return 0
  expectStatus(listed, 200, `listing the tags of ${repository}`)
  const tags = (listed.json() as { tags: string[] | null }).tags ?? []
  for (const tag of tags) {
    const { digest } = manifests.find(({ reference }) => reference === tag) ?? {}
    if (digest === undefined) throw new Error(`${repository} has a tag ${tag} that nobody made`)
    await requireManifest(tag, digest)
  }
  return tags.length

  async function requireManifest(reference: string, digest: string): Promise<void> {
    const answer = await client.getManifest(repository, reference)
    expectStatus(answer, 200, `${repository}:${reference} shows and cannot be pulled`)
    if (digestOf(answer.body) !== digest) throw new Error(`${repository}:${reference} is another`)
    const {
      config,
      layers = [],
      manifests: children = [],
    } = answer.json() as {
      config?: Described
      layers?: Described[]
      manifests?: Described[]
    }
    for (const child of children) await requireManifest(child.digest, child.digest)
    for (const blob of config === undefined ? layers : [config, ...layers]) {
      const found = await client.headBlob(repository, blob.digest)
      if (found.status !== 200 || Number(found.header('content-length')) !== blob.size) {
        throw new Error(`${repository}:${reference} shows and lacks ${blob.digest}`)
      }
    }
  }
}

/** Nothing of the work is under way any more, or held for longer than the rest of a lease. */
export async function requireSettled(dataDir: string, records: Records): Promise<void> {
  const queries = {
    fetches: 'select * from blobfetch',
    uploads: `select * from blobupload where committing_digest is null or ${records.isShared ? 1 : 0} = 0`,
    pins: 'select * from bundlepin',
    jobs: "select id, kind, state from bundlejob where state <> 'done'",
    claims: 'select id, status from repomirrorconfig where expires_at is not null',
    // A command whose power went after its end is another import when it runs again.
    twiceInLedger: `select direction, bundle_id from bundleledger group by 1, 2 having count(*) > (
      select count(*) from bundlejob where bundlejob.bundle_id = bundleledger.bundle_id
      and kind = case direction when 'in' then 'import' else 'export' end)`,
  }
  for (const [what, query] of Object.entries(queries)) requireNone(what, await records.rows(query))
  const leases = 'select * from lease where expires_at > ?'
  requireNone('leases', await records.rows(leases, Date.now() + longestLeaseMs))
  const jobs = join(dataDir, 'bundle-jobs')
  requireNone('files of jobs', existsSync(jobs) ? readdirSync(jobs) : [])
}

function requireNone(what: string, found: readonly unknown[]): void {
  if (found.length > 0) throw new Error(`${what} are left: ${JSON.stringify(found)}`)
}
