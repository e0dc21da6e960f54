import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'

import { describeDatabases } from '../../db/database-suite.ts'
import { expectRightSizes } from '../quota/quota-model-suite.ts'
import { clear, createRun, operation, type Operation } from './gc-run-suite.ts'
import { createGcWorld, second, type GcWorld } from './gc-world-suite.ts'

/** MOORING_MODEL_SECONDS=600 looks longer, MOORING_MODEL_SEED=… repeats a run that failed. */
const seconds = Number(process.env['MOORING_MODEL_SECONDS'] ?? 8)
const seed = Number(process.env['MOORING_MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

/** The hold of a referrer ends, as its subject goes, at the very moment at which a later hold runs out. */
const endsTogether: [Operation[], boolean, boolean] = [
  [
    { kind: 'image', where: 2, one: 0, other: 0, tag: 'latest', between: false },
    { kind: 'referrer', where: 2, one: 0, other: 0, tag: 'v1', between: false },
    { kind: 'image', where: 0, one: 0, other: 0, tag: undefined, between: false },
    { kind: 'image', where: 2, one: 0, other: 1, tag: 'latest', between: false },
    { kind: 'referrer', where: 0, one: 0, other: 0, tag: 'latest', between: true },
    { kind: 'image', where: 0, one: 0, other: 0, tag: undefined, between: false },
  ],
  false,
  false,
]

describeDatabases('the collector against a model', (open) => {
  const folders: string[] = []
  const worlds: GcWorld[] = []
  afterAll(async () => {
    for (const world of worlds) await world.close()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  test(
    'nothing reachable is ever removed, and everything unreachable goes',
    { timeout: seconds * 3_000 + 60_000 },
    async () => {
      process.stdout.write(`collector model: MOORING_MODEL_SEED=${String(seed)}\n`)
      const folder = mkdtempSync(join(tmpdir(), 'mooring-gc-'))
      folders.push(folder)
      const world = await createGcWorld(await open(), folder)
      worlds.push(world)
      let round = 0
      let hasFailed = false
      const end = performance.now() + seconds * second
      const property = fc.asyncProperty(
        fc.array(operation, { minLength: 1, maxLength: 40, size: 'max' }),
        fc.boolean(),
        fc.boolean(),
        async (operations, resetsChildHolds, keepsSizes) => {
          // The rest of the runs; but never those that look for a smaller example.
          if (round > 0 && !hasFailed && performance.now() > end) return
          await clear(world)
          const run = await createRun(world, ++round, resetsChildHolds)
          world.keepSizes(keepsSizes)
          try {
            for (const one of operations) {
              await run.apply(one)
              await expectRightSizes(world.db)
            }
            await run.finish()
          } catch (error) {
            hasFailed = true
            throw error
          }
        },
      )
      await fc.assert(property, { seed, numRuns: seconds * 100, examples: [endsTogether] })
      expect(round).toBeGreaterThan(0)
    },
  )
})
