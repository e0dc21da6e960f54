import { sql, type ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)
const unique = (column: ColumnDefinitionBuilder) => column.notNull().unique()

const owned = (reference: string) => (column: ColumnDefinitionBuilder) =>
  column.notNull().references(reference).onDelete('cascade')
const ownedOrNone = (reference: string) => (column: ColumnDefinitionBuilder) =>
  column.references(reference).onDelete('cascade')
const forgotten = (reference: string) => (column: ColumnDefinitionBuilder) =>
  column.references(reference).onDelete('set null')

/**
 * What the management API keeps: profiles, tokens and applications, invitations, default permissions,
 * stars, labels, notifications, service keys, policies; the leases of background work and the daily
 * sums of the action log; and the indexes that keep each list's cost apart from the size of the whole.
 */
export const management = (dialect: Dialect): Migration => ({
  async up(db) {
    const { integer, bigint, text, name } = dialect
    const create = (table: string) => dialect.withId(db.schema.createTable(table))
    const keyed = (table: string) => dialect.keyed(db.schema.createTable(table))
    const index = (table: string, columns: string[], suffix = columns.join('_')) =>
      db.schema.createIndex(`${table}_${suffix}`).on(table).columns(columns)
    const add = async (table: string, columns: Record<string, unknown>, defaultTo?: number) => {
      for (const [column, type] of Object.entries(columns)) {
        await db.schema
          .alterTable(table)
          .addColumn(column, type as typeof text, (c) =>
            defaultTo === undefined ? c : c.notNull().defaultTo(defaultTo),
          )
          .execute()
      }
    }

    await add('user', {
      contact_email: text,
      given_name: text,
      family_name: text,
      company: text,
      location: text,
      invoice_email_address: text,
    })
    await add('user', { invoice_email: integer }, 0)
    // The addresses of organizations are contacts, several may share one; those of people are unique.
    await sql`update ${sql.table('user')} set contact_email = email, email = null where organization = 1`.execute(
      db,
    )
    await add('robot_account', { federation_json: text })
    await add('repository', { popularity: sql`real` }, 0)
    // 1 while the sweep removes the bytes: nothing may refer to the blob any more.
    await add('blob', { doomed: integer }, 0)

    await db.schema
      .createTable('deletednamespace')
      .addColumn('namespace_user_id', bigint, (c) =>
        c.primaryKey().notNull().references('user.id').onDelete('cascade'),
      )
      .addColumn('original_username', name, required)
      .addColumn('original_email', text)
      .addColumn('marked_at', bigint, required)
      .addColumn('purge_after', bigint, required)
      .execute()
    await index('deletednamespace', ['original_username']).execute()

    await keyed('userprompt')
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('kind', text, required)
      .addPrimaryKeyConstraint('userprompt_pk', ['user_id', 'kind'])
      .execute()

    await create('federatedlogin')
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('service', text, required)
      .addColumn('service_ident', name, required)
      .addColumn('metadata_json', text, (c) => c.notNull().defaultTo('{}'))
      .addUniqueConstraint('federatedlogin_service_ident', ['service', 'service_ident'])
      .addUniqueConstraint('federatedlogin_service_user', ['service', 'user_id'])
      .execute()
    await index('federatedlogin', ['user_id']).execute()

    await create('emailconfirmation')
      .addColumn('code_digest', name, unique)
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('kind', text, (c) =>
        c.notNull().check(sql`kind in ('verify', 'change', 'recover')`),
      )
      .addColumn('new_email', text)
      .addColumn('created_at', bigint, required)
      .addColumn('expires_at', bigint, required)
      .execute()
    await index('emailconfirmation', ['user_id']).execute()
    await index('emailconfirmation', ['expires_at']).execute()

    await create('teammemberinvite')
      .addColumn('team_id', bigint, owned('team.id'))
      .addColumn('user_id', bigint, ownedOrNone('user.id'))
      .addColumn('email', text)
      .addColumn('inviter_id', bigint, owned('user.id'))
      .addColumn('invite_token', name, unique)
      .addColumn('created_at', bigint, required)
      .addCheckConstraint('teammemberinvite_one', sql`(user_id is null) <> (email is null)`)
      .addUniqueConstraint('teammemberinvite_team_user', ['team_id', 'user_id'])
      .addUniqueConstraint('teammemberinvite_team_email', ['team_id', 'email'])
      .execute()
    await index('teammemberinvite', ['user_id']).execute()
    await index('teammemberinvite', ['inviter_id']).execute()
    await index('teammemberinvite', ['email']).execute()

    await db.schema
      .createTable('teamsync')
      .addColumn('team_id', bigint, (c) =>
        c.primaryKey().notNull().references('team.id').onDelete('cascade'),
      )
      .addColumn('service', text, required)
      .addColumn('config_json', text, required)
      .addColumn('last_updated', bigint)
      .execute()

    await create('permissionprototype')
      .addColumn('uuid', text, unique)
      .addColumn('org_id', bigint, owned('user.id'))
      .addColumn('activating_user_id', bigint, ownedOrNone('user.id'))
      .addColumn('delegate_user_id', bigint, ownedOrNone('user.id'))
      .addColumn('delegate_team_id', bigint, ownedOrNone('team.id'))
      .addColumn('role', text, (c) => c.notNull().check(sql`role in ('read', 'write', 'admin')`))
      .addCheckConstraint(
        'permissionprototype_one_delegate',
        sql`(delegate_user_id is null) <> (delegate_team_id is null)`,
      )
      .execute()
    for (const column of ['org_id', 'activating_user_id', 'delegate_user_id', 'delegate_team_id']) {
      await index('permissionprototype', [column]).execute()
    }

    await keyed('star')
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('repository_id', bigint, owned('repository.id'))
      .addColumn('created_at', bigint, required)
      .addPrimaryKeyConstraint('star_pk', ['user_id', 'repository_id'])
      .execute()
    await index('star', ['repository_id']).execute()

    await create('manifestlabel')
      .addColumn('uuid', text, unique)
      .addColumn('repository_id', bigint, required)
      .addColumn('manifest_id', bigint, owned('manifest.id'))
      .addColumn('key', name, required)
      .addColumn('value', text, required)
      .addColumn('source_type', text, (c) =>
        c.notNull().check(sql`source_type in ('manifest', 'api', 'internal')`),
      )
      .addColumn('media_type', text, required)
      .execute()
    await index('manifestlabel', ['manifest_id', 'key']).execute()

    await keyed('tagpullstatistics')
      .addColumn('repository_id', bigint, owned('repository.id'))
      .addColumn('tag_name', name, required)
      .addColumn('pull_count', bigint, required)
      .addColumn('last_pulled_at', bigint, required)
      .addPrimaryKeyConstraint('tagpullstatistics_pk', ['repository_id', 'tag_name'])
      .execute()
    await keyed('manifestpullstatistics')
      .addColumn('manifest_id', bigint, owned('manifest.id'))
      .addColumn('pull_count', bigint, required)
      .addColumn('last_pulled_at', bigint, required)
      .addPrimaryKeyConstraint('manifestpullstatistics_pk', ['manifest_id'])
      .execute()

    await create('immutabilitypolicy')
      .addColumn('uuid', text, unique)
      .addColumn('namespace_user_id', bigint, ownedOrNone('user.id'))
      .addColumn('repository_id', bigint, ownedOrNone('repository.id'))
      .addColumn('tag_pattern', text, required)
      .addColumn('tag_pattern_matches', integer, (c) => c.notNull().defaultTo(1))
      .addCheckConstraint(
        'immutabilitypolicy_one_scope',
        sql`(namespace_user_id is null) <> (repository_id is null)`,
      )
      .addUniqueConstraint('immutabilitypolicy_namespace', ['namespace_user_id', 'tag_pattern'])
      .addUniqueConstraint('immutabilitypolicy_repository', ['repository_id', 'tag_pattern'])
      .execute()

    await create('oauthapplication')
      .addColumn('client_id', name, unique)
      .addColumn('client_secret_encrypted', text, required)
      .addColumn('organization_id', bigint, owned('user.id'))
      .addColumn('name', text, required)
      .addColumn('description', text, (c) => c.notNull().defaultTo(''))
      .addColumn('application_uri', text, (c) => c.notNull().defaultTo(''))
      .addColumn('redirect_uri', text, (c) => c.notNull().defaultTo(''))
      .addColumn('avatar_email', text)
      .addColumn('created_at', bigint, required)
      .execute()
    await index('oauthapplication', ['organization_id']).execute()

    await create('oauthaccesstoken')
      .addColumn('uuid', text, unique)
      .addColumn('application_id', bigint, owned('oauthapplication.id'))
      .addColumn('authorized_user_id', bigint, owned('user.id'))
      .addColumn('created_by_id', bigint, forgotten('user.id'))
      .addColumn('scope', text, required)
      .addColumn('token_digest', name, unique)
      .addColumn('display_name', text)
      .addColumn('created_at', bigint, required)
      .addColumn('expires_at', bigint, required)
      .addColumn('last_accessed', bigint)
      .execute()
    await index('oauthaccesstoken', ['application_id']).execute()
    await index('oauthaccesstoken', ['authorized_user_id']).execute()
    await index('oauthaccesstoken', ['created_by_id']).execute()
    await index('oauthaccesstoken', ['expires_at']).execute()

    await create('oauthauthorizationcode')
      .addColumn('code_digest', name, unique)
      .addColumn('application_id', bigint, owned('oauthapplication.id'))
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('scope', text, required)
      .addColumn('redirect_uri', text, required)
      .addColumn('expires_at', bigint, required)
      .execute()
    await index('oauthauthorizationcode', ['application_id']).execute()
    await index('oauthauthorizationcode', ['user_id']).execute()
    await index('oauthauthorizationcode', ['expires_at']).execute()

    await create('oauthassignedtoken')
      .addColumn('uuid', text, unique)
      .addColumn('application_id', bigint, owned('oauthapplication.id'))
      .addColumn('assigned_user_id', bigint, owned('user.id'))
      .addColumn('redirect_uri', text, required)
      .addColumn('scope', text, required)
      .addColumn('response_type', text, required)
      .addColumn('created_at', bigint, required)
      .execute()
    await index('oauthassignedtoken', ['application_id']).execute()
    await index('oauthassignedtoken', ['assigned_user_id']).execute()

    await create('appspecificauthtoken')
      .addColumn('uuid', text, unique)
      .addColumn('user_id', bigint, owned('user.id'))
      .addColumn('title', text, required)
      .addColumn('token_name', name, unique)
      .addColumn('token_secret_encrypted', text, required)
      .addColumn('created_at', bigint, required)
      .addColumn('expiration', bigint)
      .addColumn('last_accessed', bigint)
      .execute()
    await index('appspecificauthtoken', ['user_id', 'expiration']).execute()
    await index('appspecificauthtoken', ['expiration']).execute()

    await create('notification')
      .addColumn('uuid', text, unique)
      .addColumn('kind', text, required)
      .addColumn('target_id', bigint, owned('user.id'))
      .addColumn('metadata_json', text, (c) => c.notNull().defaultTo('{}'))
      .addColumn('created_at', bigint, required)
      .addColumn('dismissed', integer, zero)
      // Finds what was sent about one thing again, to take it back.
      .addColumn('lookup_path', name)
      .execute()
    await index('notification', ['target_id', 'dismissed', 'created_at']).execute()
    await index('notification', ['lookup_path']).execute()

    await create('messages')
      .addColumn('uuid', text, unique)
      .addColumn('content', text, required)
      .addColumn('severity', text, required)
      .addColumn('media_type', text, required)
      .execute()

    await create('servicekey')
      .addColumn('kid', name, unique)
      .addColumn('name', text, (c) => c.notNull().defaultTo(''))
      .addColumn('service', name, required)
      .addColumn('jwk_json', text, required)
      .addColumn('metadata_json', text, (c) => c.notNull().defaultTo('{}'))
      .addColumn('created_at', bigint, required)
      .addColumn('expires_at', bigint)
      .addColumn('rotation_duration_s', bigint)
      .addColumn('approver_id', bigint, forgotten('user.id'))
      .addColumn('approval_type', text)
      .addColumn('approved_at', bigint)
      .addColumn('approval_notes', text, (c) => c.notNull().defaultTo(''))
      .execute()
    await index('servicekey', ['service']).execute()
    await index('servicekey', ['approver_id']).execute()

    await db.schema
      .createTable('quotaregistrysize')
      .addColumn('id', integer, (c) => c.primaryKey().notNull())
      .addColumn('size_bytes', bigint, zero)
      .addColumn('queued', integer, zero)
      .addColumn('running', integer, zero)
      .addColumn('completed_at', bigint)
      .execute()

    await create('exportactionlogs')
      .addColumn('uuid', text, unique)
      .addColumn('file_id', text, unique)
      .addColumn('request_json', text, required)
      .addColumn('created_at', bigint, required)
      .addColumn('attempts_left', integer, required)
      .addColumn('next_attempt_at', bigint, required)
      .addColumn('finished_at', bigint)
      .execute()
    await index('exportactionlogs', ['next_attempt_at']).execute()

    await db.schema
      .createTable('lease')
      .addColumn('name', name, (c) => c.primaryKey().notNull())
      .addColumn('holder', text, required)
      .addColumn('expires_at', bigint, required)
      .execute()

    // How often each kind occurred a day: in all (scope_id 0), in a namespace, in a repository; by
    // everybody (performer_id 0) or by one performer.
    await keyed('logentrydaily')
      .addColumn('scope', text, (c) =>
        c.notNull().check(sql`scope in ('all', 'namespace', 'repository')`),
      )
      .addColumn('scope_id', bigint, required)
      .addColumn('performer_id', bigint, required)
      .addColumn('day', integer, required)
      .addColumn('kind_id', integer, required)
      .addColumn('count', bigint, required)
      .addPrimaryKeyConstraint('logentrydaily_pk', [
        'scope',
        'scope_id',
        'performer_id',
        'day',
        'kind_id',
      ])
      .execute()
    await db.schema
      .createTable('logrollup')
      .addColumn('id', integer, (c) => c.primaryKey().notNull())
      .addColumn('last_entry_id', bigint, zero)
      .execute()
    await db.insertInto('logrollup').values({ id: 1, last_entry_id: 0 }).execute()

    await index('repository', ['namespace_user_id', 'id']).execute()
    await index('repository', ['id'], 'public_id')
      .where(sql.ref('visibility'), '=', sql.lit('public'))
      .execute()
    await index('repository', ['name']).execute()
    await index('user', ['organization', 'robot', 'id'], 'kind').execute()
    await index('user', ['contact_email']).execute()
    // History as the API lists it, newest first; and what is alive, for "last modified".
    await sql`create index tag_listed on tag (repository_id, lifetime_start_ms desc, name) where hidden = 0`.execute(
      db,
    )
    await sql`create index tag_live on tag (repository_id, lifetime_start_ms desc, name) where live_name is not null`.execute(
      db,
    )
    await dialect.searchRepositories(db)
  },
})
