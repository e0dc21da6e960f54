// Fills the database of a stopped server as many years of use would, past the API.
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { digestOf, imageMediaType } from '../small-image.ts'
import { namespace } from '../peers.ts'
import {
  bigOrganization,
  members,
  outsiders,
  robots,
  seedPeople,
  smallTeams,
  type People,
} from './seed-people.ts'

export interface ScaleSizes {
  readonly repositories: number
  readonly tags: number
  readonly logs: number
}

/** Half of the tags are in this one. */
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
      people = seedPeople(database, { namespaces: 1_200 + sizes.repositories / 100, now })
    })
    if (people === undefined) throw new Error('nobody was seeded')
    const indexes = database
      .prepare<[], { name: string; sql: string }>(
        `select name, sql from sqlite_master where type = 'index' and sql is not null
         and tbl_name in ('tag', 'logentry3', 'manifest', 'repository', 'repositorypermission')`,
      )
      .all()
    for (const { name } of indexes) database.exec(`drop index "${name}"`)
    const facts = { ...sizes, now, ...people }
    step('repositories', () => {
      seedRepositories(database, facts)
      seedGrants(database, facts)
    })
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
         on owner.id = case when n < @repositories / 2 then @bigId
           when n < @repositories / 2 + 20 then @smallId
           else @firstUserId + n % @users end`,
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

/**
 * Whoever makes a repository becomes its admin: in the big organization members and robots in turn,
 * elsewhere the owner. Outsiders have been given a few roles, teams some more.
 */
function seedGrants(database: Sqlite.Database, facts: Facts): void {
  const grant = `insert or ignore into repositorypermission
    (repository_id, namespace_user_id, user_id, team_id, role)`
  const run = (sql: string) =>
    database.prepare(sql).run({ ...facts, members, outsiders, robots, smallTeams })
  run(`${grant} select id, @bigId, @firstUserId + 2 * (id / 2 % @members), null, 'admin'
    from repository where namespace_user_id = @bigId and id % 2 = 0`)
  run(`${grant} select repository.id, @bigId, robot.id, null, 'admin' from repository
    join user robot on robot.username =
      printf('${bigOrganization}+robot%03d', repository.id / 2 % @robots)
    where namespace_user_id = @bigId and repository.id % 2 = 1`)
  run(`${grant} select id, namespace_user_id, @firstUserId + id % 2 * 2, null, 'admin'
    from repository where namespace_user_id = @smallId`)
  run(`${grant} select repository.id, owner.id, owner.id - owner.organization, null, 'admin'
    from repository join user owner on owner.id = namespace_user_id
    where owner.id >= @firstUserId`)
  run(
    `${numbers('@outsiders * 5')} ${grant} select 1 + n * 1009 % (@repositories / 2), @bigId,
       @firstUserId + 2 * (@members + n / 5), null, iif(n % 2, 'read', 'write') from number`,
  )
  run(`${grant} select min(id), @smallId, @firstUserId + 2 * @members, null, 'read'
    from repository where namespace_user_id = @smallId`)
  run(`${grant} select 1, @bigId, id, null, 'read' from user where id >= @firstUserId
    and organization = 0 order by id limit @members`)
  run(`${grant} select repository.id, namespace_user_id, null, team.id, 'read'
    from repository join team on team.organization_id = namespace_user_id and team.name = 'dev'
    where namespace_user_id in (@bigId, @smallId) and repository.id % 5 = 0`)
  run(`${grant} select repository.id, @bigId, null, team.id, 'write'
    from repository join team on team.organization_id = @bigId
      and team.name = printf('team%03d', repository.id / 5 % @smallTeams)
    where namespace_user_id = @bigId and repository.id % 5 = 1`)
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
  database.exec(`insert into manifest_blob (manifest_id, blob_id, repository_id, namespace_user_id)
    select repository.id, blob.id, repository.id, repository.namespace_user_id
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
