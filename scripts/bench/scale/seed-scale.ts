// Fills the database of a stopped server as many years of use would, past the API.
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { digestOf, imageMediaType } from '../small-image.ts'
import { namespace } from '../peers.ts'
import { seedPeople, type People } from './seed-people.ts'

export interface ScaleSizes {
  readonly repositories: number
  readonly tags: number
  readonly logs: number
}

/** Half of everything is in one organization, and half of the tags in its first repository. */
export const bigOrganization = 'big'
export const bigRepository = `${bigOrganization}/r0000000`

const dayMs = 24 * 3_600_000
const loggedDays = 90

export function seedScale(
  directory: string,
  sizes: ScaleSizes,
  progress: (line: string) => void,
): void {
  const database = new Sqlite(join(directory, 'mooring.db'), { fileMustExist: true })
  try {
    // The whole database can be made again, so nothing of it needs to survive a power cut.
    for (const pragma of ['synchronous = off', 'cache_size = -500000', 'foreign_keys = off']) {
      database.pragma(pragma)
    }
    database.function('digest', { deterministic: true }, (text) =>
      digestOf(Buffer.from(String(text))),
    )
    const now = Date.now()
    const step = (what: string, work: () => void) => {
      progress(what)
      database.transaction(work)()
    }
    let people: People | undefined
    step('people, organizations, teams', () => {
      people = seedPeople(database, { namespaces: Math.max(20, sizes.repositories / 100), now })
    })
    if (people === undefined) throw new Error('nobody was seeded')
    const { firstUserId, users, bigId } = people
    const indexes = database
      .prepare<[], { name: string; sql: string }>(
        `select name, sql from sqlite_master where type = 'index' and sql is not null
         and tbl_name in ('tag', 'logentry3', 'manifest', 'repository', 'repositorypermission')`,
      )
      .all()
    for (const { name } of indexes) database.exec(`drop index "${name}"`)
    const facts = { ...sizes, now, firstUserId, users, bigId }
    step('repositories', () => seedRepositories(database, facts))
    step('tags', () => seedTags(database, facts))
    step('log entries', () => seedLogs(database, facts))
    step('indexes', () => {
      for (const { sql } of indexes) database.exec(sql)
    })
    step('daily sums', () => sumLogs(database))
    database.exec('analyze')
    database.pragma('wal_checkpoint(truncate)')
  } finally {
    database.close()
  }
}

type Facts = ScaleSizes & People & { readonly now: number }

const numbers = (count: string) => `with recursive number (n) as (
  select 0 union all select n + 1 from number where n + 1 < ${count})`

function seedRepositories(database: Sqlite.Database, facts: Facts): void {
  database
    .prepare(
      `${numbers('@repositories')}
       insert into repository
         (id, namespace_user_id, name, full_name, visibility, description, created_at)
       select n + 1, owner.id, printf('r%07d', n), owner.username || '/' || printf('r%07d', n),
         iif(n % 10 = 0, 'public', 'private'), 'What number ' || n || ' is about', @now
       from number join user owner
         on owner.id = iif(n < @repositories / 2, @bigId, @firstUserId + n % @users)`,
    )
    .run(facts)
  database
    .prepare(
      `insert into repositorypermission (repository_id, user_id, role)
       select id, @firstUserId + id % @users, 'write' from repository`,
    )
    .run(facts)
  database
    .prepare(
      `insert or ignore into repositorypermission (repository_id, user_id, role)
       select 1, id, 'read' from user where organization = 0 order by id limit 300`,
    )
    .run()
  database
    .prepare(
      `insert into repositorypermission (repository_id, team_id, role)
       select repository.id, team.id, 'read' from repository
       join team on team.organization_id = @bigId and team.name = 'dev'
       where namespace_user_id = @bigId and repository.id % 5 = 0`,
    )
    .run(facts)
  database
    .prepare(
      `insert into star (user_id, repository_id, created_at)
       select user.id, repository.id, @now from user, repository
       where user.username in ('${namespace}', 'u00000') and repository.id <= 2000`,
    )
    .run(facts)
}

function seedTags(database: Sqlite.Database, facts: Facts): void {
  database.exec(`insert or ignore into blob (digest, size_bytes, created_at)
    values (digest('{}'), 2, 0)`)
  database
    .prepare(
      `insert into manifest_content (digest, bytes)
       select digest(id), cast(json_object('schemaVersion', 2, 'mediaType', @mediaType, 'config',
         json_object('mediaType', 'application/vnd.oci.image.config.v1+json',
           'digest', digest('{}'), 'size', 2),
         'layers', json_array(), 'annotations', json_object('n', cast(id as text))) as blob)
       from repository`,
    )
    .run({ mediaType: imageMediaType })
  database
    .prepare(
      `insert into manifest
         (id, repository_id, digest, media_type, size_bytes, layers_size, created_at)
       select id, id, digest(id), @mediaType, 300, 0, @now from repository`,
    )
    .run({ mediaType: imageMediaType, now: facts.now })
  database.exec(`insert into manifest_blob (manifest_id, blob_id, repository_id)
    select repository.id, blob.id, repository.id
    from repository join blob on blob.digest = digest('{}')`)
  database
    .prepare(
      `${numbers('@tags')}, placed (n, repository_id, name, is_live) as (
         select n, iif(n < @tags / 2, 1, 1 + n % @repositories), printf('t%07d', n), n % 10 > 0
         from number)
       insert into tag
         (repository_id, name, live_name, manifest_id, lifetime_start_ms, lifetime_end_ms)
       select repository_id, name, iif(is_live, name, null), repository_id, @now - 1000 * n,
         iif(is_live, null, @now - n) from placed`,
    )
    .run(facts)
}

function seedLogs(database: Sqlite.Database, facts: Facts): void {
  database
    .prepare(
      `${numbers('@logs')}, placed (n, repository_id) as (
         select n, case when n % 4 = 0 then 1
           when n % 4 = 2 then 1 + (n / 4) % (@repositories / 2)
           else 1 + @repositories / 2 + (n / 2) % (@repositories / 2) end
         from number)
       insert into logentry3
         (kind_id, account_id, performer_id, repository_id, datetime, ip, metadata_json)
       select iif(n % 5 = 1, 42, 41), repository.namespace_user_id,
         iif(n % 7 = 0, null, @firstUserId + n % @users), repository.id,
         @now - 30000 - cast((@logs - n) * (@loggedMs / @logs) as integer), '192.0.2.1',
         json_object('repo', repository.name, 'tag', 'latest')
       from placed join repository on repository.id = placed.repository_id`,
    )
    .run({ ...facts, loggedMs: loggedDays * dayMs })
}

/** What the worker of the server would take its time for. */
function sumLogs(database: Sqlite.Database): void {
  const sum = (scope: string, id: string, performer: string, where: string) =>
    database.exec(
      `insert into logentrydaily (scope, scope_id, performer_id, day, kind_id, count)
       select '${scope}', ${id}, ${performer}, datetime / ${String(dayMs)}, kind_id, count(*)
       from logentry3 where ${where} group by 2, 3, 4, 5`,
    )
  sum('all', '0', '0', 'true')
  sum('all', '0', 'performer_id', 'performer_id is not null')
  sum('namespace', 'account_id', '0', 'account_id is not null')
  sum('namespace', 'account_id', 'performer_id', 'performer_id is not null and account_id > 0')
  sum('repository', 'repository_id', '0', 'repository_id is not null')
  database.exec('update logrollup set last_entry_id = (select max(id) from logentry3)')
}
