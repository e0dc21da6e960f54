// Fills the database of a stopped server with tags, past the API: a million pushes would take hours.
// node scripts/bench/seed.ts --data DIR --repository NAMESPACE/NAME --tags N
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { digestOf, imageMediaType } from './small-image.ts'

export interface Seed {
  /** Data directory of a server that was started once. */
  readonly directory: string
  /** Exists, and holds `config` as a blob. */
  readonly repository: string
  readonly tags: number
  readonly config: Buffer
}

/** Releases of a project: an image has `1.2.3`, `1.2`, `1` and so on. */
const tagsPerManifest = 5

export function seededTag(at: number): string {
  return `t${String(at).padStart(7, '0')}`
}

export function seedTags({ directory, repository, tags, config }: Seed): void {
  const database = new Sqlite(join(directory, 'mooring.db'), { fileMustExist: true })
  try {
    // The whole database can be made again, so nothing of it needs to survive a power cut.
    database.pragma('synchronous = off')
    database.pragma('cache_size = -500000')
    database.pragma('foreign_keys = off')
    const find = (sql: string, value: string) => {
      const row = database.prepare<[string], { id: number }>(sql).get(value)
      if (row === undefined) throw new Error(`${value} is not in the database`)
      return row.id
    }
    const repositoryId = find('select id from repository where full_name = ?', repository)
    const blobId = find('select id from blob where digest = ?', digestOf(config))
    const now = Date.now()

    const content = database.prepare('insert into manifest_content (digest, bytes) values (?, ?)')
    const manifest = database.prepare(
      `insert into manifest (repository_id, digest, media_type, size_bytes, config_media_type, layers_size, created_at)
       values (?, ?, ?, ?, ?, 0, ?)`,
    )
    const edge = database.prepare(
      `insert into manifest_blob (manifest_id, blob_id, repository_id, namespace_user_id)
       values (?, ?, ?, (select namespace_user_id from repository where id = ?))`,
    )
    const indexes = database
      .prepare<[], { name: string; sql: string }>(
        `select name, sql from sqlite_master
         where type = 'index' and tbl_name in ('tag', 'manifest') and sql is not null`,
      )
      .all()
    database.transaction(() => {
      // Making an index of many rows is much cheaper than keeping it up row by row.
      for (const { name } of indexes) database.exec(`drop index "${name}"`)
      let firstId: number | bigint | undefined
      for (let at = 0; at < tags; at += tagsPerManifest) {
        const bytes = Buffer.from(manifestText(config, at))
        const digest = digestOf(bytes)
        content.run(digest, bytes)
        const values = [repositoryId, digest, imageMediaType, bytes.length, configMediaType, now]
        const { lastInsertRowid } = manifest.run(...values)
        firstId ??= lastInsertRowid
        edge.run(lastInsertRowid, blobId, repositoryId, repositoryId)
      }
      database
        .prepare(
          `with recursive number (n) as (
             select 0 union all select n + 1 from number where n + 1 < @tags
           )
           insert into tag (repository_id, name, live_name, manifest_id, lifetime_start_ms)
           select @repositoryId, printf('t%07d', n), printf('t%07d', n),
                  @firstId + cast(n / @tagsPerManifest as integer), @now
           from number`,
        )
        .run({ tags, repositoryId, firstId, tagsPerManifest, now })
      for (const { sql } of indexes) database.exec(sql)
    })()
    database.exec('analyze')
    database.pragma('wal_checkpoint(truncate)')
  } finally {
    database.close()
  }
}

const configMediaType = 'application/vnd.oci.image.config.v1+json'

function manifestText(config: Buffer, at: number): string {
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: imageMediaType,
    config: { mediaType: configMediaType, digest: digestOf(config), size: config.length },
    layers: [],
    annotations: { 'org.opencontainers.image.version': String(at) },
  })
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      repository: { type: 'string' },
      tags: { type: 'string', default: '100000' },
    },
  })
  if (values.data === undefined || values.repository === undefined) {
    throw new Error('--data and --repository are needed; push a config blob `{}` there first')
  }
  seedTags({
    directory: values.data,
    repository: values.repository,
    tags: Number(values.tags),
    config: Buffer.from('{}'),
  })
}
