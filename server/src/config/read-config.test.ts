import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ConfigError, readConfig } from './config.ts'

let configDir = ''
beforeEach(async () => {
  configDir = await mkdtemp(join(tmpdir(), 'mooring-config-'))
})
afterEach(() => rm(configDir, { recursive: true }))

test('reads the file and finds the certificate beside it', async () => {
  await writeFile(
    join(configDir, 'config.yaml'),
    `SERVER_HOSTNAME: localhost
PREFERRED_URL_SCHEME: https
DB_URI: sqlite:///mooring.db
DISTRIBUTED_STORAGE_CONFIG: { local: [LocalStorage, { storage_path: storage }] }
SECRET_KEY: one
DATABASE_SECRET_KEY: two
`,
  )
  await writeFile(join(configDir, 'ssl.cert'), '')
  await writeFile(join(configDir, 'ssl.key'), '')
  const config = await readConfig({ configDir, dataDir: '/data', env: {}, flags: {} })
  expect(config.tls?.keyFile).toBe(join(configDir, 'ssl.key'))
})

test('a missing file is a wrong setting, not a crash', async () => {
  const reading = readConfig({ configDir, dataDir: '/data', env: {}, flags: {} })
  await expect(reading).rejects.toThrow(ConfigError)
  await expect(reading).rejects.toMatchObject({
    problems: [{ key: 'config.yaml', source: configDir, found: 'no such file' }],
  })
})
