import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { describeDatabases } from '../../db/database-suite.ts'
import { collectionLeaseName, createLease, underLease } from '../../work/lease.ts'
import type { Step } from '../../work/worker.ts'
import type { CollectorParts } from './collector-parts.ts'
import { blobOf, createGcWorld, holdMs, second, type GcWorld } from './gc-world-suite.ts'

const leaseMs = 60 * second

describeDatabases('several who collect', (open) => {
  const folders: string[] = []
  let world: GcWorld
  let repositoryId: number

  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mooring-gc-'))
    folders.push(folder)
    world = await createGcWorld(await open(), folder)
    repositoryId = (await world.repository(await world.namespace('acme', 0), 'web')).id
    return () => world.close()
  })
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  /** The batches of one instance, which does nothing but collect. */
  function instance(holder: string, parts: Partial<CollectorParts> = {}): Step {
    const { db, clock } = world
    const lease = createLease({ db, clock, name: collectionLeaseName, holder })
    return underLease(lease, world.collector({ lease, ...parts }).step)
  }

  /** As its worker does it. */
  async function turn(batch: Step): Promise<void> {
    while ((await batch()) === 'more');
  }

  const blob = blobOf('nobody needs this')
  async function leaveGarbage(): Promise<void> {
    await world.upload(blob, repositoryId)
    world.advance(holdMs)
  }

  test('one that died in the middle is followed when its lease has ended, and not before', async () => {
    const survivor = instance('survivor')
    // It has looked for what others left when it started.
    await turn(survivor)
    await leaveGarbage()
    const killed = () => Promise.reject(new Error('killed'))
    const dead = instance('dead', { storage: { ...world.storage, remove: killed } })
    await expect(turn(dead)).rejects.toThrow('killed')
    world.advance(leaseMs - 1)
    expect(await survivor()).toBe('idle')
    expect(world.onDisk()).toHaveLength(1)

    world.advance(1)
    // At once, before any sweep has come by: pushes of the same content wait for it.
    await survivor()
    expect(world.onDisk()).toEqual([])
    await world.upload(blob, repositoryId)
    expect(await world.isVisible(blob.digest, repositoryId)).toBe(true)
  })

  test('one that was only away takes nothing more once it has been followed', async () => {
    await leaveGarbage()
    const awake = Promise.withResolvers<undefined>()
    const asleep = Promise.withResolvers<undefined>()
    const flush = async () => {
      asleep.resolve(undefined)
      await awake.promise
    }
    const sleeper = turn(instance('sleeper', { database: { ...world.database, flush } }))
    await asleep.promise
    world.advance(leaseMs)
    await turn(instance('follower'))
    expect(world.onDisk()).toEqual([])
    await world.upload(blob, repositoryId)

    awake.resolve(undefined)
    await sleeper
    expect(world.read(blob.digest)).toEqual(blob.bytes)
    expect(await world.isVisible(blob.digest, repositoryId)).toBe(true)
  })

  test('one that gave the lease back leaves nothing to look for', async () => {
    const { db, clock } = world
    const lease = (holder: string) => createLease({ db, clock, name: collectionLeaseName, holder })
    const [first, next] = [lease('first'), lease('next')]
    await first.hold()
    await first.release()
    await next.hold()
    expect(next.takeInheritance()).toBe(false)
    world.advance(leaseMs)
    await first.hold()
    expect([first.takeInheritance(), first.takeInheritance()]).toEqual([true, false])
  })
})
