import { describe, expect, it } from 'vitest'
import type { Bundle, ConfigFinding, Settings, ValidationMode } from './bundle.ts'
import type { LiveChecks } from './live-checks.ts'
import { validateBundle } from './validate-bundle.ts'

/** What is enough for Quay, without a certificate. */
export const enough: Settings = {
  SERVER_HOSTNAME: 'registry.plant7.example',
  DB_URI: 'sqlite:///mooring.db',
  DISTRIBUTED_STORAGE_CONFIG: { local: ['LocalStorage', { storage_path: 'storage' }] },
  BUILDLOGS_REDIS: { host: 'redis' },
  USER_EVENTS_REDIS: { host: 'redis' },
}

/** Everything outside is well, unless a test says otherwise. */
const well: LiveChecks = {
  database: () => Promise.resolve(undefined),
  redis: () => Promise.resolve(undefined),
  tcp: () => Promise.resolve(undefined),
  bucket: () => Promise.resolve(undefined),
  assumedBucket: () => Promise.resolve(undefined),
  azure: () => Promise.resolve(undefined),
  swift: () => Promise.resolve(undefined),
  ldap: () => Promise.resolve(undefined),
  mail: () => Promise.resolve(undefined),
  oidc: () => Promise.resolve(undefined),
  basicAuthStatus: () => Promise.resolve(200),
  fakeCode: () => Promise.resolve(true),
}

export interface Given {
  readonly config: Settings
  readonly certs?: Bundle['certs']
  readonly mode?: ValidationMode
  readonly live?: Partial<LiveChecks>
}

export const validate = ({
  config,
  certs = new Map(),
  mode = 'online',
  live = {},
}: Given): Promise<readonly ConfigFinding[]> =>
  validateBundle({ config, certs }, { mode, live: { ...well, ...live } })

export const lines = async (given: Given) =>
  (await validate(given)).map(
    ({ FieldGroup, Tags, Message }) => `${FieldGroup} [${Tags.join(' ')}] ${Message}`,
  )

/** A change of a configuration that has enough, and the lines that it gets. */
export type Row = readonly [Settings, readonly string[], Omit<Given, 'config'>?]

export const fails = (cause: string) => () => Promise.resolve(cause)

/** Each change gives these lines and no others. */
export function describeRules(what: string, rows: readonly Row[]): void {
  describe(`the rules about ${what}`, () => {
    it.each(rows.map(([change, expected, more = {}]) => ({ change, expected, more })))(
      '$change',
      async ({ change, expected, more }) => {
        expect(await lines({ config: { ...enough, ...change }, ...more })).toEqual(expected)
      },
    )
  })
}
