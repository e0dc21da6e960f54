import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { spawnServer } from '../support/child-server.ts'
import { tryProgram } from '../support/cli.ts'
import type { TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import type { Stock } from '../support/stocked-registry.ts'
import { until } from '../support/until.ts'
import type { TransferWorld } from './transfer-world.ts'

/** After how many milliseconds the power goes; a second one counts from the restart. */
export type Cuts = readonly number[]

export interface Transfer {
  readonly name: string
  readonly stock: Stock
  /** The folder of its bundle, or what shall be one. */
  readonly bundle: string
}

export interface Disturbance {
  readonly cuts: Cuts
  /** Called when the server is back, and at work again. */
  readonly look: () => Promise<void>
}

export interface Carried {
  /** From the beginning, or from the last restart. */
  readonly tookMs: number
  /** The first cut found it done already. */
  readonly isLate: boolean
}

/** A way to do one kind of work, which is cut off and finishes all the same. */
export type Way = (world: TransferWorld, transfer: Transfer, by: Disturbance) => Promise<Carried>

export const workNames = ['mirror', 'bundle-create', 'bundle-import'] as const
export type WorkName = (typeof workNames)[number]

const mooring = join(projectRoot, 'server/bin/mooring.js')
const patience = { timeoutMs: 60_000, everyMs: 20 }
/** Unless the end of the command itself was what the power took: then all is there already. */
const alreadyThere = 'MOOR-BND-027'

/** Every way in which each kind of work is done; points take them in turn. */
export const ways: Readonly<Record<WorkName, readonly Way[]>> = {
  mirror: [mirror],
  'bundle-create': [
    ...[createOnServer('directory'), createByCommand, createEncrypted],
    createOnServer('tar'),
  ],
  'bundle-import': [importOnServer, importEncrypted, importByCommand],
}

/** How the bundle is made that an import brings in. */
export const madeFor = (way: Way): Way =>
  way === importEncrypted ? createEncrypted : createOnServer('directory')

/** What a server said yes to is finished by its next start, without being asked again. */
async function onServer(
  { recordsOf }: TransferWorld,
  server: TestServer,
  { cuts, look }: Disturbance,
  {
    endedBy,
    end,
  }: { endedBy: readonly [query: string, value: string]; end: () => Promise<unknown> },
): Promise<Carried> {
  let begun = performance.now()
  let isLate = false
  for (const [at, afterMs] of cuts.entries()) {
    await wait(afterMs)
    await server.kill9()
    if (at === 0) isLate = (await recordsOf(server).rows(...endedBy)).length > 0
    await server.restart()
    begun = performance.now()
  }
  if (cuts.length > 0) await look()
  await end()
  return { tookMs: performance.now() - begun, isLate }
}

const endedJob = (id: string) =>
  ["select 1 from bundlejob where id = ? and state = 'done'", id] as const

const endedMirror = (name: string) =>
  [
    `select 1 from repomirrorconfig join repository on repository.id = repository_id
     where repository.name = ? and last_success_at is not null`,
    name,
  ] as const

async function mirror(world: TransferWorld, { name }: Transfer, by: Disturbance): Promise<Carried> {
  const { source, target, targetApi } = world
  const { username, password } = source
  const repository = { namespace: target.username, repository: name }
  const path = `/api/v1/repository/${target.username}/${name}/mirror`
  const created = { ...repository, visibility: 'private', description: '' }
  await targetApi.post('/api/v1/repository', created, 201)
  await targetApi.post(
    path,
    {
      external_reference: `${source.host}/${username}/${name}`,
      ...{ external_registry_username: username, external_registry_password: password },
      external_registry_config: { verify_tls: false },
      ...{ sync_interval: 86_400, sync_start_date: '2100-01-01T00:00:00Z' },
      root_rule: { rule_kind: 'tag_glob_csv', rule_value: ['*'] },
      ...{ skopeo_timeout_interval: 300, robot_username: `${target.username}+mirror` },
    },
    201,
  )
  await targetApi.post(`${path}/sync-now`, undefined, 204)
  const end = () =>
    until(
      `the mirror ${name} to end`,
      async () => {
        const { sync_status: status } = (await targetApi.get(path)) as { sync_status: string }
        if (status === 'FAIL') throw new Error(`the mirror ${name} failed\n${target.output()}`)
        return status === 'SUCCESS' ? true : undefined
      },
      patience,
    )
  return onServer(world, target, by, { end, endedBy: endedMirror(name) })
}

/** For the target alone, which opens it with the key that it has made for itself. */
function createEncrypted(world: TransferWorld, transfer: Transfer, by: Disturbance) {
  return createOnServer('tar', [world.recipient])(world, transfer, by)
}

function importEncrypted(world: TransferWorld, transfer: Transfer, by: Disturbance) {
  return importOnServer(world, transfer, by)
}

function createOnServer(format: 'directory' | 'tar', encrypt?: readonly string[]): Way {
  return async (world, { stock, name }, by) => {
    const { source, out } = world
    const selection = { repositories: [{ name: stock.repository }] }
    const wish = { selection, to: name, format, ...(encrypt && { encrypt }) }
    const { id } = await out.begin('exports', wish)
    const end = async () => {
      const { error } = await out.rested(id)
      if (error !== null) throw new Error(`the export failed: ${JSON.stringify(error)}`)
    }
    return onServer(world, source, by, { end, endedBy: endedJob(id) })
  }
}

async function importOnServer(
  world: TransferWorld,
  { name }: Transfer,
  by: Disturbance,
): Promise<Carried> {
  const { target, into } = world
  const { id } = await into.begin('imports', { source: { path: name } })
  const end = async () => {
    const { error } = await into.rested(id)
    if (error !== null) throw new Error(`the import failed: ${JSON.stringify(error)}`)
  }
  return onServer(world, target, by, { end, endedBy: endedJob(id) })
}

function createByCommand(
  world: TransferWorld,
  { stock, bundle }: Transfer,
  { cuts }: Disturbance,
): Promise<Carried> {
  return byCommand(
    world,
    world.source,
    ['bundle', 'create', stock.repository, '--to', bundle],
    cuts,
  )
}

function importByCommand(
  world: TransferWorld,
  { bundle }: Transfer,
  { cuts }: Disturbance,
): Promise<Carried> {
  return byCommand(world, world.target, ['bundle', 'import', bundle], cuts)
}

/** The same command again goes on with what was cut off. The server rests meanwhile. */
async function byCommand(
  { environmentOf }: TransferWorld,
  server: TestServer,
  command: readonly string[],
  cuts: Cuts,
): Promise<Carried> {
  await server.kill9()
  const args = [mooring, ...command, '--data', server.dataDir]
  const env = { PATH: process.env['PATH'] ?? '', ...environmentOf(server) }
  let isLate = false
  let isDone = false
  for (const [at, afterMs] of cuts.entries()) {
    if (isDone) break
    const child = spawnServer(process.execPath, args, { env })
    await wait(afterMs)
    await child.kill9()
    isDone = child.exitCode() === 0
    if (at === 0) isLate = isDone
  }
  const begun = performance.now()
  if (!isDone) await finish()
  const tookMs = performance.now() - begun
  await server.restart()
  return { tookMs, isLate }

  async function finish(): Promise<void> {
    const { code, stdout, stderr } = await tryProgram(process.execPath, args, { env })
    if (code === 0 || (cuts.length > 0 && stderr.includes(alreadyThere))) return
    throw new Error(`${command.join(' ')}: exit code ${String(code)}\n${stdout}${stderr}`)
  }
}

/** The bundle is sound, and nothing lies beside what belongs to it. */
export async function requireSoundBundle({ into }: TransferWorld, { name, bundle }: Transfer) {
  const { result, error } = await into.verify({ source: { path: name } })
  if (result?.kind !== 'verify' || !result.is_sound) {
    throw new Error(`the bundle ${name} is not sound: ${JSON.stringify(error ?? result)}`)
  }
  const strange = (await readdir(bundle, { recursive: true })).filter((file) =>
    /writing|\.tmp|\.part$/.test(file),
  )
  if (strange.length > 0) throw new Error(`left in the bundle ${name}: ${strange.join(', ')}`)
}

export async function removeBundle({ bundle }: Transfer): Promise<void> {
  if (existsSync(bundle)) await rm(bundle, { recursive: true, force: true })
}
