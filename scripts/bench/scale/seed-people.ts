import type Sqlite from 'better-sqlite3'
import { namespace } from '../peers.ts'

/** Where the seeded accounts are. */
export interface People {
  /** The first of `users` accounts with ids in a row, every second of which is an organization. */
  readonly firstUserId: number
  readonly users: number
  readonly bigId: number
  readonly smallId: number
}

/** Half of everything is in one organization; the other is there to compare with. */
export const bigOrganization = 'big'
export const smallOrganization = 'small'

/** People of the big organization; those with a role on some repositories only come after them. */
export const members = 300
export const outsiders = 200
/** Of the big organization, made through the API; the last ones have left the team they created in. */
export const robots = 100
export const robotsInTeam = 90
/** Beside `owners`, `dev`, in which everybody is, and `ci`, in which the robots are. */
export const smallTeams = 47

const manyOfOne = 300

/** Namespaces, and what belongs to the two organizations that the API has made. */
export function seedPeople(
  database: Sqlite.Database,
  { namespaces, now }: { namespaces: number; now: number },
): People {
  const run = (sql: string, values: Record<string, unknown> = {}) =>
    database.prepare(sql).run({ now, ...values })
  const idOf = (username: string) =>
    database
      .prepare<[string], number>('select id from user where username = ?')
      .pluck()
      .get(username) ?? 0
  const many = `with recursive number (n) as (
    select 0 union all select n + 1 from number where n + 1 < @count)`
  const bigId = idOf(bigOrganization)
  const smallId = idOf(smallOrganization)
  const firstUserId =
    (database.prepare<[], number>('select max(id) from user').pluck().get() ?? 0) + 1
  run(
    `${many} insert into user (uuid, username, email, password_hash, organization, robot,
       verified, removed_tag_expiration_s, created_at)
     select 'uuid-' || n, iif(n % 2, printf('o%05d', n), printf('u%05d', n)),
       iif(n % 2, null, printf('u%05d@example.com', n)),
       iif(n % 2, null, (select password_hash from user where username = '${namespace}')),
       n % 2, 0, 1, 1209600, @now from number`,
    { count: namespaces },
  )

  run(
    `insert into team (organization_id, name, role)
       select id, 'owners', 'admin' from user where organization = 1 and id >= @firstUserId`,
    { firstUserId },
  )
  run(
    `insert into teammember (team_id, user_id)
       select id, organization_id - 1 from team where organization_id >= @firstUserId`,
    { firstUserId },
  )
  const team = `insert into team (organization_id, name, role)`
  run(`${team} values (@bigId, 'dev', 'member'), (@bigId, 'ci', 'creator')`, { bigId })
  run(`${team} values (@smallId, 'dev', 'member')`, { smallId })
  run(`${many} ${team} select @bigId, printf('team%03d', n), 'member' from number`, {
    ...{ bigId, count: smallTeams },
  })
  const join = `insert into teammember (team_id, user_id) select team.id, user.id from number, team, user
    where team.organization_id = @orgId and user.id = @firstUserId + 2 * n and team.name`
  const bigMembers = { firstUserId, orgId: bigId, count: members }
  run(`${many} ${join} = 'dev'`, bigMembers)
  run(`${many} ${join} = printf('team%03d', n % ${String(smallTeams)})`, bigMembers)
  run(
    `${many} ${join} = printf('team%03d', (7 * n + 3) % ${String(smallTeams)})
    on conflict do nothing`,
    bigMembers,
  )
  run(`${many} ${join} = 'dev'`, { firstUserId, orgId: smallId, count: 3 })
  run(
    `${many} insert into teammember (team_id, user_id)
       select team.id, user.id from number, team, user
       where team.organization_id = @bigId and team.name = 'ci'
         and user.username = printf('${bigOrganization}+robot%03d', n)`,
    { bigId, count: robotsInTeam },
  )
  const each = { count: manyOfOne, bigId }
  run(
    `${many} insert into permissionprototype (uuid, org_id, delegate_user_id, role)
       select 'prototype-' || n, @bigId, user.id, 'read' from number
       join user on user.username = printf('u%05d', 2 * n)`,
    each,
  )
  const mine = { ...each, me: namespace }
  run(
    `${many} insert into appspecificauthtoken
         (uuid, user_id, title, token_name, token_secret_encrypted, created_at)
       select 'token-' || n, user.id, 'token ' || n, 'name-' || n, '', @now
       from number join user on user.username = @me`,
    mine,
  )
  run(
    `${many} insert into notification (uuid, kind, target_id, created_at)
       select 'notification-' || n, 'test_notification', user.id, @now - n
       from number join user on user.username = @me`,
    mine,
  )
  run(
    `${many} insert into messages (uuid, content, severity, media_type)
       select 'message-' || n, 'hello', 'info', 'text/plain' from number where n < 20`,
    each,
  )
  run(
    `${many} insert into servicekey (kid, service, jwk_json, created_at)
       select 'kid-' || n, 'bench', '{}', @now from number where n < 50`,
    each,
  )
  run(
    `${many} insert into immutabilitypolicy (uuid, namespace_user_id, tag_pattern)
       select 'policy-' || n, @bigId, 'v' || n from number where n < 50`,
    each,
  )
  return { firstUserId, users: namespaces, bigId, smallId }
}
