import { Writable } from 'node:stream'

import pino from 'pino'
import { beforeEach, expect, test, vi } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { anonymous, type Principal } from '../accounts/principal.ts'
import { createAuditLog, type AuditEntry } from './audit-log.ts'
import { identityKeys } from './identity-keys.ts'
import { logKindId, logKindName } from './log-kinds.ts'

const quiet = { disabledNamespaces: ['hush'], pullsDisabledNamespaces: ['busy'] }
const switches = {
  logins: true,
  loginFailures: false,
  pushFailures: false,
  pullFailures: false,
  deleteFailures: false,
}

const robot: Principal = { kind: 'robot', id: 7, username: 'acme+ci', namespaceId: 3 }

const entry = (kind: AuditEntry['kind'], namespace: string, tag = 'latest'): AuditEntry => ({
  kind,
  account: { id: 3, username: namespace },
  actor: { principal: robot, ip: '192.0.2.1' },
  repositoryId: 5,
  metadata: { repo: 'web', namespace, tag },
})

describeDatabases('the action log', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })

  function start(registryState: 'normal' | 'readonly' = 'normal', { db } = database) {
    const lines: string[] = []
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        lines.push(chunk.toString())
        done()
      },
    })
    const audit = createAuditLog({
      db,
      clock: { now: () => 1_800_000_000_000 },
      logger: pino(sink),
      config: { registryState, audit: { ...switches, ...quiet } },
    })
    return {
      audit,
      warnings: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    }
  }

  const rows = () => database.db.selectFrom('logentry3').selectAll().orderBy('id').execute()
  const tags = async () =>
    (await rows()).map((row) => (JSON.parse(row.metadata_json) as { tag: string }).tag)

  test('is part of the transaction that changes something', async () => {
    const { audit } = start()
    const undone = database.db.transaction().execute(async (tx) => {
      await audit.recordIn(tx, entry('delete_tag', 'acme'))
      throw new Error('undo')
    })
    await expect(undone).rejects.toThrow('undo')
    expect(await rows()).toEqual([])
    await database.db.transaction().execute((tx) => audit.recordIn(tx, entry('delete_tag', 'acme')))
    expect(await rows()).toEqual([
      {
        id: expect.any(Number) as number,
        kind_id: 26,
        account_id: 3,
        performer_id: 7,
        repository_id: 5,
        datetime: 1_800_000_000_000,
        ip: '192.0.2.1',
        metadata_json: '{"repo":"web","namespace":"acme","tag":"latest"}',
      },
    ])
  })

  test.each([
    [false, 0],
    [true, 1],
  ])('that cannot be written fails the change, unless that is allowed: %s', async (lax, kept) => {
    const audit = createAuditLog({
      ...{ db: database.db, clock: { now: () => 0 }, logger: pino({ level: 'silent' }) },
      config: {
        registryState: 'normal',
        audit: { ...switches, ...quiet },
        logs: { allowWithoutStrict: lax },
      },
    })
    await database.db.schema.alterTable('logentry3').renameTo('elsewhere').execute()
    const message = { content: '', severity: 'info', media_type: 'text/plain' } as const
    const change = database.db.transaction().execute(async (tx) => {
      await audit.recordIn(tx, entry('delete_tag', 'acme'))
      await tx
        .insertInto('messages')
        .values({ uuid: 'after', ...message })
        .execute()
    })
    await change.catch(() => undefined)
    const messages = await database.db.selectFrom('messages').select('uuid').execute()
    expect(messages).toHaveLength(kept)
  })

  test('collects pulls, and writes them in order when it closes', async () => {
    const { audit } = start()
    for (let at = 0; at < 20; at++) audit.record(entry('pull_repo', 'acme', String(at)))
    expect(await rows()).toEqual([])
    await audit.close()
    expect(await tags()).toEqual(Array.from({ length: 20 }, (_, at) => String(at)))
  })

  test('writes by itself after a second, and at once when many have come', async () => {
    const { audit } = start()
    audit.record(entry('pull_repo', 'acme'))
    await vi.waitFor(async () => expect(await rows()).toHaveLength(1), 5000)
    for (let at = 0; at < 500; at++) audit.record(entry('pull_repo', 'acme'))
    await vi.waitFor(async () => expect(await rows()).toHaveLength(501), {
      timeout: 900,
      interval: 20,
    })
    await audit.close()
  })

  test.each([
    ['pull_repo', 'hush', false],
    ['push_repo', 'hush', false],
    ['pull_repo', 'busy', false],
    ['push_repo', 'busy', true],
    ['pull_repo', 'acme', true],
  ] as const)('of %s in %s is kept: %s', async (kind, namespace, kept) => {
    const { audit } = start()
    audit.record(entry(kind, namespace))
    await audit.recordIn(database.db, entry(kind, namespace))
    await audit.close()
    expect(await rows()).toHaveLength(kept ? 2 : 0)
  })

  test('is silent in a read-only registry', async () => {
    const { audit } = start('readonly')
    audit.record(entry('pull_repo', 'acme'))
    await audit.recordIn(database.db, entry('push_repo', 'acme'))
    await audit.close()
    expect(await rows()).toEqual([])
  })

  test('drops what it cannot keep up with, and says how many', async () => {
    const { audit, warnings } = start()
    for (let at = 0; at < 10_250; at++) audit.record(entry('pull_repo', 'acme'))
    await audit.close()
    expect(await rows()).toHaveLength(10_000)
    expect(warnings()).toContainEqual(
      expect.objectContaining({ dropped: 250, msg: 'action log entries dropped' }),
    )
  })

  test('a database that refuses neither fails a pull nor loses the entry', async () => {
    const { audit, warnings } = start()
    await database.db.schema.alterTable('logentry3').renameTo('elsewhere').execute()
    audit.record(entry('pull_repo', 'acme', 'kept'))
    await audit.flush()
    expect(warnings()).toContainEqual(
      expect.objectContaining({ waiting: 1, msg: 'action log not written' }),
    )
    await database.db.schema.alterTable('elsewhere').renameTo('logentry3').execute()
    await audit.close()
    expect(await tags()).toEqual(['kept'])
  })
})

test('says who it was by the credential', () => {
  expect(identityKeys(anonymous)).toEqual({})
  expect(identityKeys(robot)).toEqual({ username: 'acme+ci', is_robot: true })
  expect(
    identityKeys({
      kind: 'user',
      id: 1,
      username: 'ada',
      isSuperUser: false,
      isGlobalReadonly: false,
      isRestricted: false,
    }),
  ).toEqual({ username: 'ada' })
})

test('knows each kind by name and number', () => {
  expect(logKindId('pull_repo')).toBe(41)
  expect(logKindName(41)).toBe('pull_repo')
  expect(() => logKindName(0)).toThrow()
})
