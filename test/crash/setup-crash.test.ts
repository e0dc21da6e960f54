import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { afterAll, expect, test } from 'vitest'
import { createSetupClient, saveAll, startSetup, testAnswers } from '../support/setup-client.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'
import { createSeededRandom } from './seeded-random.ts'

const folder = createTemporaryFolder('setup-crash')
const rounds = 3
const killsEach = 3
/** Longer than applying takes, so that late tasks are hit as well. */
const withinMs = 2_500

afterAll(() => folder.remove())

test(
  'a setup that is killed again and again finishes by itself, with one of everything',
  { timeout: 60_000 },
  async () => {
    const random = createSeededRandom('setup')
    for (let round = 0; round < rounds; round++) {
      const dataDir = folder.join(`data-${String(round)}`)
      const answers = await testAnswers(dataDir)
      let setup = await startSetup(dataDir)
      const client = createSetupClient(setup.url)
      await client.enter(setup.code)
      await saveAll(client, answers)
      await client.api('POST', '/apply', {})
      client.close()

      const authority = join(dataDir, 'config/ca.crt')
      let seen: string | undefined
      const keys = new Set<string>()
      for (let kill = 0; kill < killsEach; kill++) {
        await new Promise((resolve) => setTimeout(resolve, random.below(withinMs)))
        if (isFinished(dataDir)) break
        await setup.child.kill9()
        // Clients may trust it from the moment that its task was done.
        if (existsSync(authority) && isTaskDone(dataDir, 'certificates')) {
          seen ??= readFileSync(authority, 'utf8')
          expect(readFileSync(authority, 'utf8')).toBe(seen)
        }
        keys.add(databaseKey(dataDir) ?? '')
        setup = await startSetup(dataDir)
      }
      await until('the setup to finish', () => isFinished(dataDir) || undefined, {
        timeoutMs: 30_000,
      })
      await until('the secrets to be gone', () =>
        existsSync(join(dataDir, 'setup-secrets')) ? undefined : true,
      )
      await setup.child.stop()

      if (seen !== undefined) expect(readFileSync(authority, 'utf8')).toBe(seen)
      keys.add(databaseKey(dataDir) ?? '')
      keys.delete('')
      expect(keys.size).toBe(1)
      expect(existsSync(join(dataDir, 'setup-code'))).toBe(false)
      expect(peopleOf(dataDir)).toEqual(['captain'])
      expect(leftoversOf(dataDir)).toEqual({ tokens: 0, repositories: 0 })
    }
  },
)

function stateOf(dataDir: string) {
  return JSON.parse(readFileSync(join(dataDir, 'setup-state.json'), 'utf8')) as {
    phase: string
    tasks: { id: string; state: string }[]
  }
}

const isFinished = (dataDir: string) => stateOf(dataDir).phase === 'finished'

const isTaskDone = (dataDir: string, id: string) =>
  stateOf(dataDir).tasks.some((task) => task.id === id && task.state === 'done')

function databaseKey(dataDir: string): string | undefined {
  const file = join(dataDir, 'config/config.yaml')
  if (!existsSync(file)) return undefined
  return /^DATABASE_SECRET_KEY: (.+)$/m.exec(readFileSync(file, 'utf8'))?.[1]
}

function peopleOf(dataDir: string): string[] {
  return ask(dataDir, 'select username from user where organization = 0 and robot = 0').map((row) =>
    String(row['username']),
  )
}

/** Of the self-test, which a kill may have cut short. */
function leftoversOf(dataDir: string) {
  const [tokens] = ask(dataDir, 'select count(*) as n from appspecificauthtoken')
  const [live] = ask(dataDir, "select count(*) as n from repository where name not like '~%'")
  return { tokens: tokens?.['n'], repositories: live?.['n'] }
}

function ask(dataDir: string, sql: string): Record<string, unknown>[] {
  const database = new Sqlite(join(dataDir, 'mooring.db'), { readonly: true })
  try {
    return database.prepare<[], Record<string, unknown>>(sql).all()
  } finally {
    database.close()
  }
}
