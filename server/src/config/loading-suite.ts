import { ConfigError, loadConfig, type ConfigInput } from './config.ts'

const complete = `
SERVER_HOSTNAME: registry.example.com:8443
PREFERRED_URL_SCHEME: https
DB_URI: sqlite:///mooring.db
DISTRIBUTED_STORAGE_CONFIG:
  local: [LocalStorage, { storage_path: storage }]
DISTRIBUTED_STORAGE_PREFERENCE: [local]
SECRET_KEY: session-signing-text
DATABASE_SECRET_KEY: column-encryption-text
`.trim()

/** A complete file with further lines, or others instead. */
export function load(extra: string, input: Partial<ConfigInput> = {}) {
  const overridden = new Set(
    extra.split('\n').flatMap((line) => /^([A-Z_0-9]+):/.exec(line)?.[1] ?? []),
  )
  const kept = complete
    .split(/\n(?=[A-Z])/)
    .filter((entry) => !overridden.has(entry.slice(0, entry.indexOf(':')).trim()))
  return loadConfig({
    configDir: '/etc/mooring',
    dataDir: '/var/lib/mooring',
    fileText: [...kept, extra].join('\n'),
    files: ['config.yaml', 'ssl.cert', 'ssl.key'],
    env: {},
    flags: {},
    ...input,
  })
}

export function problemsOf(run: () => unknown) {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  throw new Error('the settings were accepted')
}
