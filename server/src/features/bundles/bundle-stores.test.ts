import { beforeEach, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import type { Database } from '../../db/open.ts'
import { systemRandom } from '../../platform/random.ts'
import { parseDigest } from '../../storage/digest.ts'
import { blobStore } from '../blobs/blob-store.ts'
import { blobGarbageStore } from '../gc/blob-garbage-store.ts'
import { bundleJobStore } from './bundle-job-store.ts'
import { bundleStore, type NewBundle } from './bundle-store.ts'
import { packDigests, unpackDigests } from './digest-set.ts'
import { chainOf, ledgerStore, type NewLedgerEntry } from './ledger-store.ts'
import { pinStore } from './pin-store.ts'
import { receiptStore } from './receipt-store.ts'
import { trustStore } from './trust-store.ts'

const digest = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`)
const row = (id: string, change: Partial<NewBundle> = {}): NewBundle => ({
  ...{ id, direction: 'out', created_at: 1, stream: null, sequence: null, base_kind: 'none' },
  ...{ base_id: null, source_name: 'here', source_key_id: 'K', manifest_digest: null },
  ...{ entries: 1, blobs: 2, size_bytes: 3_000_000_000, volumes: 1, state: 'ready' },
  ...{ job_id: null, path: null, ...change },
})
const entry = (bundle_id: string, outcome: NewLedgerEntry['outcome']): NewLedgerEntry => ({
  ...{ at: 5, direction: 'in', bundle_id, manifest_digest: digest('a'), outcome, by_name: null },
  ...{ stream: 'site', sequence: 1, blobs: 1, size_bytes: 10, message: null },
})

describeDatabases('what is kept of bundles', (open) => {
  let database: Database
  beforeEach(async () => {
    database = await open()
  })

  test('a pinned blob is no garbage until the pin runs out', async () => {
    const { db } = database
    const id = await blobStore(db).insert(digest('1'), 10, 0)
    const garbage = blobGarbageStore(db)
    expect(await garbage.isReferred(id, 100)).toBe(false)
    expect(await pinStore(db).pin(id, 'B', 1_000)).toBe(true)
    expect(await pinStore(db).pin(id, 'B', 2_000)).toBe(true)
    expect(await garbage.isReferred(id, 1_500)).toBe(true)
    expect(await garbage.page(0, 10, 1_500)).toEqual([{ id, isReferred: true }])
    expect(await garbage.isReferred(id, 2_000)).toBe(false)
    await pinStore(db).removeExpired(2_000)
    expect(await garbage.isReferred(id, 0)).toBe(false)
  })

  test('a blob that is being removed is neither found nor pinned', async () => {
    const { db } = database
    const id = await blobStore(db).insert(digest('2'), 10, 0)
    const pins = pinStore(db)
    expect(await pins.findBlobs([digest('2'), digest('3')])).toEqual(new Map([[digest('2'), id]]))
    await blobGarbageStore(db).doom(id)
    expect(await pins.findBlobs([digest('2')])).toEqual(new Map())
    expect(await pins.pin(id, 'B', 1_000)).toBe(false)
  })

  test('the ledger counts up, and its chain shows what was changed', async () => {
    const { db } = database
    const ledger = ledgerStore(db)
    const append = (outcome: NewLedgerEntry['outcome']) =>
      db.transaction().execute((tx) => ledgerStore(tx).append(entry('B', outcome)))
    await append('done')
    // Of several at once, each has a number of its own.
    await Promise.all([append('refused'), append('incomplete')])
    const rows = await ledger.page(undefined, 10)
    expect(rows.map(({ number }) => number)).toEqual([3, 2, 1])
    let before = ''
    for (const { chain, ...facts } of rows.reverse()) {
      expect(chain).toBe(chainOf(before, facts))
      before = chain
    }
    expect(await ledger.listManifests('B')).toHaveLength(2)
    expect(await ledger.page(3, 1)).toMatchObject([{ number: 2 }])
  })

  test('bundles are known by direction, numbered by stream, and confirmed', async () => {
    const { db } = database
    const store = bundleStore(db)
    await store.put(row('A', { stream: 'site', sequence: 1 }))
    await store.put(row('B', { stream: 'site', sequence: 2, created_at: 2 }))
    await store.put(row('A', { direction: 'in', state: 'imported', stream: 'site', sequence: 9 }))
    expect(await store.lastSequence('site', 'out')).toBe(2)
    expect(await store.lastSequence('site', 'in')).toBe(9)
    expect(await store.lastSequence('other', 'out')).toBeUndefined()
    await store.confirm(['B', 'nobody'])
    expect(await store.find('B', 'out')).toMatchObject({
      state: 'confirmed',
      size_bytes: 3_000_000_000,
    })
    expect((await store.page('out', undefined, 10)).map(({ id }) => id)).toEqual(['B', 'A'])
    expect((await store.page('out', { at: 2, id: 'B' }, 10)).map(({ id }) => id)).toEqual(['A'])
    expect(await store.findLastImported('K')).toMatchObject({ id: 'A' })
  })

  test('bundles of a selection are listed as long as they have a folder, the latest first', async () => {
    const { db } = database
    const store = bundleStore(db)
    const change = { selection_id: 'S', path: '/here', folder_print: 'P' }
    await store.put(row('S1', change))
    await store.put(row('S2', { ...change, created_at: 2 }))
    await store.put(row('S3', { ...change, selection_id: 'T' }))
    const ids = async () => (await store.listOfSelection('S', 10)).map(({ id }) => id)
    expect(await ids()).toEqual(['S2', 'S1'])
    // How it stands is said again without them, and they stay.
    await store.put(row('S2', { created_at: 2, path: '/here' }))
    expect(await ids()).toEqual(['S2', 'S1'])
    await store.setState('S2', 'out', { path: null })
    expect(await ids()).toEqual(['S1'])
  })

  test('a set of digests comes back as it was', async () => {
    const { db } = database
    const digests = [digest('4'), digest('5')]
    await bundleStore(db).putSet('x', await packDigests(digests))
    await bundleStore(db).putSet('x', await packDigests(digests))
    const kept = await bundleStore(db).findSet('x')
    expect(await unpackDigests(kept ?? Buffer.alloc(0))).toEqual(new Set(digests))
  })

  test('a job is moved on by one only', async () => {
    const { db } = database
    const jobs = bundleJobStore(db)
    const id = systemRandom.uuid()
    await jobs.insert({
      ...{ id, kind: 'export', state: 'queued', owner: 'me', created_at: 1, ended_at: null },
      ...{ by_name: null, bundle_id: null, path: null, options_json: '{}', progress_json: '{}' },
      ...{ waiting_json: null, result_json: null, error_json: null },
    })
    expect(await jobs.move(id, ['queued'], { state: 'running' })).toBe(true)
    expect(await jobs.move(id, ['queued'], { state: 'running' })).toBe(false)
    expect(await jobs.listDue('me', ['running'], 5)).toHaveLength(1)
    expect(await jobs.listDue('you', ['running'], 5)).toEqual([])
    expect(await jobs.findSame('me', 'export', '{}', ['running'])).toMatchObject({ id })
  })

  test('keys, receipts and requests are kept once', async () => {
    const { db } = database
    const anchor = { key_id: 'K', name: 'them', public_key: 'RW', added_at: 1, added_by: null }
    expect(await trustStore(db).insert(anchor)).toBe(true)
    expect(await trustStore(db).insert(anchor)).toBe(false)
    expect(await trustStore(db).remove('K')).toBe(true)
    expect(await trustStore(db).remove('K')).toBe(false)
    const receipts = receiptStore(db)
    const request = { bundle_id: 'B', created_at: 1, missing: 2, size_bytes: 3, document: '{}' }
    await receipts.putRequest(request)
    await receipts.putRequest({ ...request, missing: 1 })
    expect(await receipts.listRequests()).toMatchObject([{ bundle_id: 'B', missing: 1 }])
    await receipts.removeRequest('B')
    expect(await receipts.findRequest('B')).toBeUndefined()
  })

  test('nobody gets a number of a stream that somebody else has claimed', async () => {
    const { db } = database
    const claim = (holder: string) => bundleStore(db).claimSequence('site', holder, 1)
    const numbers = await Promise.all(['a', 'b', 'c'].map(claim))
    expect([...numbers].sort()).toEqual([1, 2, 3])
    expect(await claim('a')).toBe(numbers[0])
    await bundleStore(db).releaseSequence('site', 2)
    expect(await claim('d')).toBe(2)
    expect(await bundleStore(db).claimSequence('other', 'a', 1)).toBe(1)
  })
})
