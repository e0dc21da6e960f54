import type Sqlite from 'better-sqlite3'
import { namespace } from '../peers.ts'

/** Where the seeded accounts are. */
export interface People {
  /** The first of `users` accounts with ids in a row, every second of which is an organization. */
  readonly firstUserId: number
  readonly users: number
  readonly bigId: number
}

const manyOfOne = 300

/** Namespaces, and one organization with many of everything that belongs to an organization. */
export function seedPeople(
  database: Sqlite.Database,
  { namespaces, now }: { namespaces: number; now: number },
): People {
  const run = (sql: string, values: Record<string, unknown> = {}) =>
    database.prepare(sql).run({ now, ...values })
  const many = `with recursive number (n) as (
    select 0 union all select n + 1 from number where n + 1 < @count)`
  const account = `insert into user (uuid, username, email, password_hash, organization, robot,
    verified, removed_tag_expiration_s, created_at)`

  const bigId = Number(
    run(`${account} values ('uuid-big', 'big', null, null, 1, 0, 0, 1209600, @now)`)
      .lastInsertRowid,
  )
  run(
    `${many} ${account}
     select 'uuid-' || n, iif(n % 2, printf('o%05d', n), printf('u%05d', n)),
       iif(n % 2, null, printf('u%05d@example.com', n)),
       iif(n % 2, null, (select password_hash from user where username = '${namespace}')),
       n % 2, 0, 1, 1209600, @now from number`,
    { count: namespaces },
  )
  const firstUserId = bigId + 1

  run(`insert into team (organization_id, name, role)
       select id, 'owners', 'admin' from user where organization = 1`)
  run(
    `insert into teammember (team_id, user_id)
       select team.id, iif(organization_id = @bigId, owner.id, organization_id - 1)
       from team join user owner on owner.username = '${namespace}'`,
    { bigId },
  )
  run(`insert into team (organization_id, name, role) values (@bigId, 'dev', 'member')`, { bigId })
  run(
    `insert into teammember (team_id, user_id)
       select team.id, user.id from team, user
       where team.name = 'dev' and user.organization = 0 and user.id >= @firstUserId
       order by user.id limit 1000`,
    { firstUserId },
  )
  const each = { count: manyOfOne, bigId }
  run(
    `${many} insert into team (organization_id, name, role)
       select @bigId, printf('team%03d', n), 'member' from number`,
    each,
  )
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
  return { firstUserId, users: namespaces, bigId }
}
