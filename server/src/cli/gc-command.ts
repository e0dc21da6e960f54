import { setTimeout as delay } from 'node:timers/promises'
import { Command } from 'commander'
import { createCollector } from '../features/gc/collector.ts'
import { planCollection, type CollectionPlan } from '../features/gc/collection-plan.ts'
import type { Tally } from '../features/gc/tally.ts'
import { createQuotaAccounting } from '../features/quota/quota-accounting-service.ts'
import { openStorage } from '../storage/open-storage.ts'
import { collectionLease } from '../wiring/collection.ts'
import type { Lease } from '../work/lease.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { interruptSignal } from './interrupt.ts'
import { print } from './print.ts'
import { sizeText } from './size-text.ts'
import { withDatabase, type DataParts } from './with-database.ts'

interface Options extends DataOptions {
  readonly run?: boolean
  readonly json?: boolean
}

const waitForLeaseMs = 180_000
const lookForLeaseMs = 250
const progressEveryMs = 2_000

export function gcCommand(): Command {
  return withDataOptions(new Command('gc'))
    .description('show what the garbage collection would free now, or free it')
    .option('--run', 'free it; Ctrl-C ends after the batch under way')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      await withDatabase(options, (parts) =>
        options.run === true ? run(byHand(parts), options) : show(byHand(parts), options),
      )
    })
}

/** The switches of the configuration are about what the server does by itself. */
function byHand(parts: DataParts): DataParts {
  const features = {
    ...parts.config.features,
    garbageCollection: true,
    repositoryGarbageCollection: true,
    namespaceGarbageCollection: true,
  }
  return { ...parts, config: { ...parts.config, features } }
}

async function show(parts: DataParts, options: Options): Promise<void> {
  const plan = await planCollection(parts)
  print({ ...plan, freed: false }, `would free ${describe(plan)}`, options)
}

async function run(parts: DataParts, options: Options): Promise<void> {
  const { config, clock, log, database } = parts
  if (config.registryState === 'readonly') {
    throw new CommandError('the registry is read-only (REGISTRY_STATE), so nothing is removed')
  }
  const interrupt = interruptSignal()
  const lease = collectionLease(parts)
  await waitFor(lease, interrupt)
  const storage = await openStorage(config.storage, { clock, logger: log })
  const { tally, freed } = countFreed()
  const progress = setInterval(() => {
    if (options.json !== true) process.stderr.write(`freed ${describe(freed)} so far\n`)
  }, progressEveryMs)
  try {
    const quota = createQuotaAccounting({ clock, log, config })
    const collector = createCollector({
      ...{ database, storage, clock, lease, tally, quota, log, config },
    })
    await collector.drain(async () => interrupt.aborted || !(await lease.hold()))
  } finally {
    clearInterval(progress)
    await lease.release()
    await storage.close()
  }
  const complete = !interrupt.aborted
  const rest = complete ? '' : '; interrupted, the rest is freed next time'
  print({ ...freed, freed: true, complete }, `freed ${describe(freed)}${rest}`, options)
}

/** A running server gives the lease back as soon as it has nothing left to collect. */
async function waitFor(lease: Lease, interrupt: AbortSignal): Promise<void> {
  for (let waitedMs = 0; !(await lease.hold()); waitedMs += lookForLeaseMs) {
    if (waitedMs === 0) process.stderr.write('waiting for the collection that runs elsewhere\n')
    if (interrupt.aborted || waitedMs >= waitForLeaseMs) {
      throw new CommandError('the garbage collection is running elsewhere: see the server')
    }
    await delay(lookForLeaseMs)
  }
}

function countFreed() {
  const freed = { tags: 0, manifests: 0, blobs: 0, bytes: 0, repositories: 0, namespaces: 0 }
  const tally: Tally = {
    rows(table, count) {
      if (table === 'Tag') freed.tags += count
      if (table === 'Manifest') freed.manifests += count
    },
    blobRemoved(sizeBytes) {
      freed.blobs++
      freed.bytes += sizeBytes
    },
    repositoryCollected: () => undefined,
    repositoryPurged() {
      freed.repositories++
    },
    namespacePurged() {
      freed.namespaces++
    },
  }
  return { tally, freed }
}

function describe(plan: CollectionPlan): string {
  const { tags, manifests, blobs, bytes, repositories, namespaces } = plan
  const counts = [
    count(tags, 'tag'),
    count(manifests, 'manifest'),
    `${count(blobs, 'blob')} of ${sizeText(bytes)}`,
    ...(repositories > 0
      ? [count(repositories, 'deleted repository', 'deleted repositories')]
      : []),
    ...(namespaces > 0 ? [count(namespaces, 'deleted namespace')] : []),
  ]
  return `${counts.slice(0, -1).join(', ')} and ${counts.at(-1) ?? ''}`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${String(number)} ${number === 1 ? one : many}`
}
