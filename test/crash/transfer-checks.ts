import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { digestOf } from '../support/content.ts'
import { expectStatus, type RegistryClient } from '../support/registry-client.ts'
import type { Stock } from '../support/stocked-registry.ts'

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
export function requireSettled(dataDir: string): void {
  const database = new Sqlite(join(dataDir, 'mooring.db'), { readonly: true, fileMustExist: true })
  try {
    const rows = (query: string) => database.prepare<[], object>(query).all()
    const left = {
      fetches: rows('select * from blobfetch'),
      uploads: rows('select * from blobupload'),
      pins: rows('select * from bundlepin'),
      jobs: rows("select id, kind, state from bundlejob where state <> 'done'"),
      claims: rows('select id, status from repomirrorconfig where expires_at is not null'),
      // A command whose power went after its end is another import when it runs again.
      twiceInLedger: rows(
        `select direction, bundle_id from bundleledger group by 1, 2 having count(*) > (
           select count(*) from bundlejob where bundlejob.bundle_id = bundleledger.bundle_id
           and kind = case direction when 'in' then 'import' else 'export' end)`,
      ),
      leases: database
        .prepare<[number], object>('select * from lease where expires_at > ?')
        .all(Date.now() + longestLeaseMs),
    }
    for (const [what, found] of Object.entries(left)) {
      if (found.length > 0) throw new Error(`${what} are left: ${JSON.stringify(found)}`)
    }
  } finally {
    database.close()
  }
  const jobs = join(dataDir, 'bundle-jobs')
  const files = existsSync(jobs) ? readdirSync(jobs) : []
  if (files.length > 0) throw new Error(`files of jobs are left: ${files.join(', ')}`)
}
