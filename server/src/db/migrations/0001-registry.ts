import { sql, type ColumnDefinitionBuilder } from 'kysely'
import type { Migration } from 'kysely/migration'

import type { Dialect } from '../dialect.ts'
import { logKinds } from './0001-log-kinds.ts'

const required = (column: ColumnDefinitionBuilder) => column.notNull()
const zero = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0)

const to =
  (reference: string, onDelete: 'cascade' | 'restrict') => (column: ColumnDefinitionBuilder) =>
    column.notNull().references(reference).onDelete(onDelete)

/**
 * Accounts, permissions, content and the action log.
 *
 * What leaves with the row it belongs to (`cascade`) is small: permissions, team memberships,
 * "uploaded lately" marks, the edges of one manifest. What can be large (`restrict`) holds on to its
 * repository: tags, manifests and uploads are removed in batches first, so that deleting a repository
 * never becomes one long statement, and nothing that is still referred to can be swept by mistake.
 */
export const registry = (dialect: Dialect): Migration => ({
  async up(db) {
    const { integer, bigint, text, name, bytes } = dialect
    const create = (table: string) => dialect.withId(db.schema.createTable(table))
    const keyed = (table: string) => dialect.keyed(db.schema.createTable(table))
    const index = (table: string, columns: string[], suffix = columns.join('_')) =>
      db.schema.createIndex(`${table}_${suffix}`).on(table).columns(columns)

    await create('user')
      .addColumn('uuid', text, (c) => c.notNull().unique())
      .addColumn('username', name, (c) => c.notNull().unique())
      .addColumn('email', text, (c) => c.unique())
      .addColumn('password_hash', text)
      .addColumn('organization', integer, zero)
      .addColumn('robot', integer, zero)
      .addColumn('enabled', integer, (c) => c.notNull().defaultTo(1))
      .addColumn('verified', integer, zero)
      .addColumn('removed_tag_expiration_s', bigint, required)
      .addColumn('created_at', bigint, required)
      .addColumn('last_accessed', bigint)
      .execute()

    await db.schema
      .createTable('robot_account')
      .addColumn('user_id', bigint, (c) => c.primaryKey().references('user.id').onDelete('cascade'))
      .addColumn('namespace_user_id', bigint, to('user.id', 'restrict'))
      .addColumn('token_encrypted', text, required)
      .addColumn('description', text, (c) => c.notNull().defaultTo(''))
      .addColumn('unstructured_json', text, (c) => c.notNull().defaultTo('{}'))
      .addColumn('created_at', bigint, required)
      .execute()
    await index('robot_account', ['namespace_user_id']).execute()

    await create('team')
      .addColumn('organization_id', bigint, to('user.id', 'cascade'))
      .addColumn('name', name, required)
      .addColumn('role', text, (c) =>
        c.notNull().check(sql`role in ('member', 'creator', 'admin')`),
      )
      .addColumn('description', text, (c) => c.notNull().defaultTo(''))
      .addUniqueConstraint('team_organization_id_name', ['organization_id', 'name'])
      .execute()

    await keyed('teammember')
      .addColumn('team_id', bigint, to('team.id', 'cascade'))
      .addColumn('user_id', bigint, to('user.id', 'cascade'))
      .addPrimaryKeyConstraint('teammember_pk', ['team_id', 'user_id'])
      .execute()
    await index('teammember', ['user_id']).execute()

    await create('repository')
      .addColumn('namespace_user_id', bigint, to('user.id', 'restrict'))
      .addColumn('name', name, required)
      .addColumn('full_name', name, (c) => c.notNull().unique())
      .addColumn('visibility', text, (c) =>
        c.notNull().check(sql`visibility in ('public', 'private')`),
      )
      .addColumn('state', text, (c) => c.notNull().defaultTo('NORMAL'))
      .addColumn('kind', text, (c) => c.notNull().defaultTo('image'))
      .addColumn('description', text)
      .addColumn('created_at', bigint, required)
      .addUniqueConstraint('repository_namespace_user_id_name', ['namespace_user_id', 'name'])
      .execute()
    await index('repository', ['full_name'], 'public')
      .where(sql.ref('visibility'), '=', sql.lit('public'))
      .execute()
    await index('repository', ['id'], 'marked')
      .where(sql.ref('state'), '=', sql.lit('MARKED_FOR_DELETION'))
      .execute()

    await create('repositorypermission')
      .addColumn('repository_id', bigint, to('repository.id', 'cascade'))
      .addColumn('user_id', bigint, (c) => c.references('user.id').onDelete('cascade'))
      .addColumn('team_id', bigint, (c) => c.references('team.id').onDelete('cascade'))
      .addColumn('role', text, (c) => c.notNull().check(sql`role in ('read', 'write', 'admin')`))
      .addCheckConstraint(
        'repositorypermission_one_grantee',
        sql`(user_id is null) <> (team_id is null)`,
      )
      .addUniqueConstraint('repositorypermission_user', ['repository_id', 'user_id'])
      .addUniqueConstraint('repositorypermission_team', ['repository_id', 'team_id'])
      .execute()
    await index('repositorypermission', ['user_id', 'repository_id']).execute()
    await index('repositorypermission', ['team_id', 'repository_id']).execute()

    await create('blob')
      .addColumn('digest', name, (c) => c.notNull().unique())
      .addColumn('size_bytes', bigint, required)
      .addColumn('created_at', bigint, required)
      .execute()

    await keyed('uploadedblob')
      .addColumn('repository_id', bigint, to('repository.id', 'cascade'))
      .addColumn('blob_id', bigint, to('blob.id', 'restrict'))
      .addColumn('uploaded_at', bigint, required)
      .addColumn('expires_at', bigint, required)
      .addPrimaryKeyConstraint('uploadedblob_pk', ['repository_id', 'blob_id'])
      .execute()
    await index('uploadedblob', ['blob_id']).execute()
    await index('uploadedblob', ['expires_at']).execute()

    await db.schema
      .createTable('blobupload')
      .addColumn('uuid', text, (c) => c.primaryKey().notNull())
      .addColumn('repository_id', bigint, to('repository.id', 'restrict'))
      .addColumn('created_at', bigint, required)
      .addColumn('updated_at', bigint, required)
      .addColumn('byte_count', bigint, zero)
      .addColumn('committing_digest', name)
      .execute()
    await index('blobupload', ['repository_id']).execute()
    await index('blobupload', ['updated_at']).execute()

    await db.schema
      .createTable('manifest_content')
      .addColumn('digest', name, (c) => c.primaryKey().notNull())
      .addColumn('bytes', bytes, required)
      .execute()

    await create('manifest')
      .addColumn('repository_id', bigint, to('repository.id', 'restrict'))
      .addColumn('digest', name, to('manifest_content.digest', 'restrict'))
      .addColumn('media_type', text, required)
      .addColumn('size_bytes', bigint, required)
      .addColumn('config_media_type', text)
      .addColumn('artifact_type', text)
      .addColumn('subject_digest', name)
      .addColumn('annotations_json', text)
      .addColumn('layers_size', bigint)
      .addColumn('created_at', bigint, required)
      .addUniqueConstraint('manifest_repository_id_digest', ['repository_id', 'digest'])
      .execute()
    await index('manifest', ['digest']).execute()
    await index('manifest', ['repository_id', 'subject_digest', 'digest'], 'referrers')
      .where(sql.ref('subject_digest'), 'is not', sql.lit(null))
      .execute()

    await keyed('manifest_blob')
      .addColumn('manifest_id', bigint, to('manifest.id', 'cascade'))
      .addColumn('blob_id', bigint, to('blob.id', 'restrict'))
      .addColumn('repository_id', bigint, required)
      .addColumn('unlinked', integer, zero)
      .addPrimaryKeyConstraint('manifest_blob_pk', ['manifest_id', 'blob_id'])
      .execute()
    await index('manifest_blob', ['repository_id', 'blob_id']).execute()
    await index('manifest_blob', ['blob_id']).execute()

    await keyed('manifest_child')
      .addColumn('manifest_id', bigint, to('manifest.id', 'cascade'))
      .addColumn('child_digest', name, required)
      .addColumn('repository_id', bigint, required)
      .addPrimaryKeyConstraint('manifest_child_pk', ['manifest_id', 'child_digest'])
      .execute()
    await index('manifest_child', ['repository_id', 'child_digest']).execute()

    await create('tag')
      .addColumn('repository_id', bigint, to('repository.id', 'restrict'))
      .addColumn('name', name, required)
      .addColumn('live_name', name)
      .addColumn('manifest_id', bigint, to('manifest.id', 'restrict'))
      .addColumn('lifetime_start_ms', bigint, required)
      .addColumn('lifetime_end_ms', bigint)
      .addColumn('hidden', integer, zero)
      .addColumn('reversion', integer, zero)
      .addColumn('immutable', integer, zero)
      .addUniqueConstraint('tag_repository_id_live_name', ['repository_id', 'live_name'])
      .execute()
    await index('tag', ['repository_id', 'name', 'lifetime_start_ms'], 'history').execute()
    await index('tag', ['manifest_id', 'lifetime_end_ms']).execute()
    await index('tag', ['lifetime_end_ms'], 'expiring')
      .where(sql<boolean>`live_name is not null and lifetime_end_ms is not null`)
      .execute()
    await index('tag', ['lifetime_end_ms'], 'closed')
      .where(sql<boolean>`live_name is null and lifetime_end_ms is not null`)
      .execute()

    await db.schema
      .createTable('logentrykind')
      .addColumn('id', integer, (c) => c.primaryKey().notNull())
      .addColumn('name', text, (c) => c.notNull().unique())
      .execute()
    await db
      .insertInto('logentrykind')
      .values(logKinds.map((kind, at) => ({ id: at + 1, name: kind })))
      .execute()

    await create('logentry3')
      .addColumn('kind_id', integer, required)
      .addColumn('account_id', bigint)
      .addColumn('performer_id', bigint)
      .addColumn('repository_id', bigint)
      .addColumn('datetime', bigint, required)
      .addColumn('ip', text)
      .addColumn('metadata_json', text, (c) => c.notNull().defaultTo('{}'))
      .execute()
    await index('logentry3', ['datetime']).execute()
    await index('logentry3', ['account_id', 'datetime']).execute()
    await index('logentry3', ['performer_id', 'datetime']).execute()
    await index('logentry3', ['repository_id', 'datetime', 'kind_id']).execute()
  },
})
