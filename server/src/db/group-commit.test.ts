import { copyFileSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { groupCommit } from './group-commit.ts'
import { migrate } from './migrate.ts'
import { openDatabase } from './open.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mooring-commit-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A medium that takes its time: each sync waits until the test lets it finish. */
function slowMedium() {
  const waiting: ReturnType<typeof Promise.withResolvers<undefined>>[] = []
  return {
    waiting,
    fdatasync: () => {
      const sync = Promise.withResolvers<undefined>()
      waiting.push(sync)
      return sync.promise
    },
  }
}

async function openCommit(fdatasync: () => Promise<void>) {
  const wal = join(folder, 'wal')
  writeFileSync(wal, '')
  return groupCommit(wal, folder, fdatasync)
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('a flush syncs the WAL that holds the commit before it', async () => {
  const synced: number[] = []
  const file = join(folder, 'mooring.db')
  const database = await openDatabase(
    { kind: 'sqlite', file },
    { fdatasync: async (fd) => void synced.push(fd) },
  )
  await migrate(database)
  expect(synced).toEqual([])
  await database.db
    .insertInto('blob')
    .values({ digest: 'sha256:aa', size_bytes: 1, created_at: 1 })
    .execute()
  await database.flush()
  expect(synced).toHaveLength(1)

  // What was synced is all that a machine would find after a power cut.
  if (process.platform === 'linux') {
    expect(readlinkSync(`/proc/self/fd/${String(synced[0])}`)).toBe(`${file}-wal`)
  }
  const copy = join(folder, 'copy.db')
  copyFileSync(file, copy)
  copyFileSync(`${file}-wal`, `${copy}-wal`)
  const recovered = await openDatabase({ kind: 'sqlite', file: copy })
  expect(await recovered.db.selectFrom('blob').select('digest').execute()).toEqual([
    { digest: 'sha256:aa' },
  ])
  await recovered.close()
  await database.close()
})

test('everyone who arrives during a sync shares the next one, and only one runs at a time', async () => {
  const medium = slowMedium()
  const commit = await openCommit(medium.fdatasync)
  let done = 0
  const count = () => done++
  const first = commit.flush().then(count)
  const later = Array.from({ length: 50 }, () => commit.flush().then(count))
  await settle()
  expect(medium.waiting).toHaveLength(1)

  medium.waiting[0]?.resolve(undefined)
  await first
  await settle()
  expect(done).toBe(1)
  expect(medium.waiting).toHaveLength(2)

  const latest = commit.flush().then(count)
  medium.waiting[1]?.resolve(undefined)
  await Promise.all(later)
  await settle()
  expect(done).toBe(51)
  expect(medium.waiting).toHaveLength(3)
  medium.waiting[2]?.resolve(undefined)
  await latest
  await commit.close()
})

test('who arrives just as a sync ends shares the one that is due', async () => {
  const medium = slowMedium()
  const commit = await openCommit(medium.fdatasync)
  const between = commit.flush().then(() => commit.flush())
  const due = commit.flush()
  medium.waiting[0]?.resolve(undefined)
  await settle()
  expect(medium.waiting).toHaveLength(2)
  medium.waiting[1]?.resolve(undefined)
  await Promise.all([between, due])
  await commit.close()
})

test('after a failed sync nothing is acknowledged any more', async () => {
  const medium = slowMedium()
  const commit = await openCommit(medium.fdatasync)
  const first = commit.flush()
  const second = commit.flush()
  medium.waiting[0]?.reject(new Error('EIO'))
  await expect(first).rejects.toThrow('EIO')
  await expect(second).rejects.toThrow('EIO')
  await expect(commit.flush()).rejects.toThrow('EIO')
  expect(medium.waiting).toHaveLength(1)
  await commit.close()
})

test('closing waits for the sync that runs and refuses new ones', async () => {
  const medium = slowMedium()
  const commit = await openCommit(medium.fdatasync)
  const flushed = commit.flush()
  let closed = false
  const closing = commit.close().then(() => (closed = true))
  await settle()
  expect(closed).toBe(false)
  medium.waiting[0]?.resolve(undefined)
  await Promise.all([flushed, closing])
  await expect(commit.flush()).rejects.toThrow('closed')
})
