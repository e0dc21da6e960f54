import { readFile, statfs } from 'node:fs/promises'
import { arch, cpus, platform, release, totalmem, uptime } from 'node:os'
import { isIP } from 'node:net'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Config, Environment } from '../config/config.ts'
import { gatherSettings } from '../config/config-sources.ts'
import type { TestLine } from '../contract/setup.ts'
import type { Database } from '../db/open.ts'
import { readSchemaLevel } from '../db/schema-level.ts'
import { presentOverview } from '../features/certificates/certificate-view.ts'
import type { KnownNames } from '../features/support/name-mask.ts'
import { secretsIn } from '../features/support/secret-scrub.ts'
import type { SupportPart } from '../features/support/support-service.ts'
import { countLimit, supportStore } from '../features/support/support-store.ts'
import { certificateNames, systemNetwork } from '../first-start/host-names.ts'
import type { Clock, Instant } from '../platform/clock.ts'
import { readVersion } from '../platform/version.ts'
import type { BlobStorage } from '../storage/storage.ts'
import type { Certificates } from './certificates.ts'

export function jsonPart(name: string, read: () => Promise<unknown>): SupportPart {
  return { name, read: async () => ({ kind: 'json', value: await read() }) }
}

export function aboutPart(clock: Clock, more: () => object = () => ({})): SupportPart {
  return jsonPart('about.json', () =>
    Promise.resolve({
      ...{ format: 1, made: new Date(clock.now()).toISOString(), version: readVersion() },
      ...{ node: process.version, platform: platform(), release: release(), arch: arch() },
      processors: cpus().length,
      machine_memory_bytes: totalmem(),
      machine_uptime_seconds: Math.round(uptime()),
      ...more(),
    }),
  )
}

/** As they were given, masked. */
export function settingsPart(config: Pick<Config, 'describe'>): SupportPart {
  return jsonPart('config.json', () => Promise.resolve(config.describe()))
}

export function doctorPart(examine: () => Promise<readonly TestLine[]>): SupportPart {
  return jsonPart('doctor.json', async () => ({ checks: await examine() }))
}

/** Without any PEM. */
export function certificatesPart({ overview }: Pick<Certificates, 'overview'>): SupportPart {
  return jsonPart('certificates.json', async () => {
    const { server, request, ...rest } = presentOverview(await overview.read())
    return {
      server: server && { ...server, pem: undefined },
      request: request && { ...request, request: undefined },
      ...rest,
    }
  })
}

export function databasePart(database: Database): SupportPart {
  return jsonPart('database.json', async () => ({
    kind: database.dialect,
    schema: await readSchemaLevel(database),
    counted_up_to: countLimit,
    rows: await supportStore(database).counts(),
  }))
}

export function diskPart(
  { dataDir, configDir, storage: settings }: Config,
  storage?: Pick<BlobStorage, 'space'>,
): SupportPart {
  const spaceOf = async (folder: string) => {
    const { bsize, blocks, bavail, files, ffree, type } = await statfs(folder)
    return { total_bytes: bsize * blocks, free_bytes: bsize * bavail, files, ffree, type }
  }
  return jsonPart('disk.json', async () => ({
    data: { folder: dataDir, ...(await spaceOf(dataDir)) },
    config: { folder: configDir, ...(await spaceOf(configDir)) },
    content: {
      kind: settings.kind,
      ...(settings.kind === 'disk' && { folder: settings.path }),
      ...(await storage?.space()),
    },
  }))
}

const mostNames = 50_000

/** As far as settings and database can be read. */
export async function knownNames(config?: Config, database?: Database): Promise<KnownNames> {
  const people = [...(config?.superUsers ?? [])]
  const store = database && supportStore(database)
  for (let id = 0; store !== undefined && people.length < mostNames;) {
    const page = await store.accountsAfter(id)
    const last = page.at(-1)
    if (last === undefined) break
    people.push(...page.map(({ username }) => username))
    id = last.id
    await turn()
  }
  return { people, hosts: hostNames(config) }
}

/** Of this machine, and those of the settings that look like any other word. */
function hostNames(config: Config | undefined): readonly string[] {
  const described = config?.describe()
  const names = [
    ...certificateNames(systemNetwork(), config?.serverHostname ?? 'localhost'),
    ...hostsIn('', { ...described?.config, ...described?.warning }),
  ]
  return names.filter((name) => isIP(name) === 0)
}

function hostsIn(key: string, value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one: unknown) => hostsIn(key, one))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([inner, one]) => hostsIn(inner, one))
  }
  if (typeof value !== 'string' || !/host|server|endpoint/i.test(key)) return []
  const [, host] = /^(?:\w+:\/\/)?([a-z][a-z0-9.-]*)(?::\d+)?(?:\/|$)/i.exec(value) ?? []
  return host === undefined ? [] : [host]
}

/** Whatever is secret in the settings of a directory or the variables of a process. */
export async function settingSecrets(
  configDir: string,
  env: Environment,
): Promise<readonly string[]> {
  const fileText = await readFile(path.join(configDir, 'config.yaml'), 'utf8').catch(() => '')
  const { settings } = gatherSettings({ fileText, env, flags: {} })
  return [
    ...secretsIn([...settings].map(([key, { value }]) => [key, value] as const)),
    ...secretsIn(Object.entries(env)),
  ]
}

/** Of the log; what does not say when it was written belongs to the lines around it. */
export function isOlder(line: string, since: Instant): boolean {
  const [, time = ''] = /"time":"([^"]+)"/.exec(line) ?? []
  return Date.parse(time) < since
}
