import type { Generated, Selectable, Updateable } from 'kysely'

import { prepared } from '../../db/prepared.ts'
import type { Db } from '../../db/tables.ts'
import type { Instant } from '../../platform/clock.ts'

/** People, organizations and robots: one table, because they share one name space. */
export interface UserTable {
  id: Generated<number>
  uuid: string
  username: string
  email: string | null
  password_hash: string | null
  organization: Generated<number>
  robot: Generated<number>
  enabled: Generated<number>
  verified: Generated<number>
  removed_tag_expiration_s: number
  created_at: Instant
  last_accessed: Instant | null
  /** Of an organization; people have `email`, which is theirs alone. */
  contact_email: string | null
  given_name: string | null
  family_name: string | null
  company: string | null
  location: string | null
  invoice_email: Generated<number>
  invoice_email_address: string | null
}

export type AccountRow = Selectable<UserTable>

export interface NewAccount {
  readonly kind: 'user' | 'organization' | 'robot'
  readonly uuid: string
  readonly username: string
  readonly email: string | null
  readonly passwordHash: string | null
  readonly removedTagExpirationMs: number
  readonly createdAt: Instant
  /** Of a person: whether the address needs no confirmation. */
  readonly verified?: boolean
}

export type AccountChanges = Updateable<UserTable>

const findByName = prepared<{ username: string }>()((param, db) =>
  db.selectFrom('user').selectAll().where('username', '=', param('username')),
)

const findByUuid = prepared<{ uuid: string }>()((param, db) =>
  db.selectFrom('user').selectAll().where('uuid', '=', param('uuid')),
)

const findWithOwner = prepared<{ username: string }>()((param, db) =>
  db
    .selectFrom('user')
    .leftJoin('robot_account', 'robot_account.user_id', 'user.id')
    .leftJoin('user as owner', 'owner.id', 'robot_account.namespace_user_id')
    .selectAll('user')
    .select([
      'owner.id as owner_id',
      'owner.username as owner_name',
      'owner.enabled as owner_enabled',
    ])
    .where('user.username', '=', param('username')),
)

export function accountStore(db: Db) {
  return {
    async find(username: string): Promise<AccountRow | undefined> {
      return (await findByName(db, { username }))[0]
    },

    async findByUuid(uuid: string): Promise<AccountRow | undefined> {
      return (await findByUuid(db, { uuid }))[0]
    },

    findById: (id: number): Promise<AccountRow | undefined> =>
      db.selectFrom('user').selectAll().where('id', '=', id).executeTakeFirst(),

    /** With the namespace that a robot belongs to. */
    async findWithOwner(username: string) {
      return (await findWithOwner(db, { username }))[0]
    },

    /** A person, by name or by e-mail address. */
    findUserByEmail: (email: string): Promise<AccountRow | undefined> =>
      db
        .selectFrom('user')
        .selectAll()
        .where('email', '=', email)
        .where('organization', '=', 0)
        .where('robot', '=', 0)
        .executeTakeFirst(),

    isEmailTaken: async (email: string) =>
      (await db.selectFrom('user').select('id').where('email', '=', email).executeTakeFirst()) !==
      undefined,

    hasUsers: async () =>
      (await db
        .selectFrom('user')
        .select('id')
        .where('organization', '=', 0)
        .where('robot', '=', 0)
        .limit(1)
        .executeTakeFirst()) !== undefined,

    countUsers: async () => {
      const { count } = await db
        .selectFrom('user')
        .select((e) => e.fn.countAll<number>().as('count'))
        .where('organization', '=', 0)
        .where('robot', '=', 0)
        .executeTakeFirstOrThrow()
      return count
    },

    /** Undefined when the name, or the address, has been taken. */
    insert: (account: NewAccount): Promise<AccountRow | undefined> =>
      db
        .insertInto('user')
        .values({
          uuid: account.uuid,
          username: account.username,
          email: account.kind === 'organization' ? null : account.email,
          contact_email: account.kind === 'organization' ? account.email : null,
          password_hash: account.passwordHash,
          organization: account.kind === 'organization' ? 1 : 0,
          robot: account.kind === 'robot' ? 1 : 0,
          removed_tag_expiration_s: Math.floor(account.removedTagExpirationMs / 1000),
          created_at: account.createdAt,
          last_accessed: null,
          verified: account.verified ? 1 : 0,
        })
        .onConflict((conflict) => conflict.doNothing())
        .returningAll()
        .executeTakeFirst(),

    update: (id: number, changes: AccountChanges): Promise<AccountRow> =>
      db
        .updateTable('user')
        .set(changes)
        .where('id', '=', id)
        .returningAll()
        .executeTakeFirstOrThrow(),

    setEnabled: (id: number, enabled: boolean) =>
      db
        .updateTable('user')
        .set({ enabled: enabled ? 1 : 0 })
        .where('id', '=', id)
        .execute(),

    setLastAccessed: (id: number, at: Instant) =>
      db.updateTable('user').set({ last_accessed: at }).where('id', '=', id).execute(),

    delete: (id: number) => db.deleteFrom('user').where('id', '=', id).execute(),
  }
}
