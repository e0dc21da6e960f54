import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { spawnServer } from '../support/child-server.ts'
import {
  createSetupClient,
  readState,
  saveAll,
  startSetup,
  testAnswers,
  type SetupClient,
  type SetupServer,
} from '../support/setup-client.ts'
import { projectRoot } from '../support/source-files.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

const folder = createTemporaryFolder('setup-bad-days', { onDisk: true })
const dataDir = folder.join('data')
let setup: SetupServer
let client: SetupClient
let answers: Awaited<ReturnType<typeof testAnswers>>
let squatter: Server
/** Files of the setup by name, as they were before the last attempt. */
let beforeApply: [string, string][]

beforeAll(async () => {
  setup = await startSetup(dataDir)
  client = createSetupClient(setup.url)
  answers = await testAnswers(dataDir)
  await client.enter(setup.code)
  squatter = createServer()
})

afterAll(async () => {
  squatter.close()
  client.close()
  await setup.child.stop()
  await folder.remove()
})

const failedTask = () =>
  until('a task to fail', async () => {
    const { phase, tasks } = (await client.api('GET', '/apply')).json() as {
      phase: string
      tasks: { id: string; state: string; step: string; finding: { code: string } | null }[]
    }
    return phase === 'failed' ? tasks.find(({ state }) => state === 'failed') : undefined
  })

test('a failed check keeps a step from being saved unless somebody insists', async () => {
  const path = folder.join('a-file')
  writeFileSync(path, '')
  const storage = { ...answers.storage, where: { kind: 'disk', path: join(path, 'below') } }
  const refused = await client.save('storage', storage, false)
  expect(refused.json()['code']).toBe('MOOR-SET-008')
  const lines = (await client.api('POST', '/steps/storage/test', { values: storage })).text
  const states = lines
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { state: string }).state)
  expect(states).toContain('failed')
  await saveAll(client, { ...answers, storage })
})

test('before anything is created, starting over needs no words and leaves nothing', async () => {
  await client.api('POST', '/apply', {})
  expect(await failedTask()).toMatchObject({ id: 'storage', finding: { code: 'MOOR-SET-031' } })
  expect(existsSync(join(dataDir, 'config/config.yaml'))).toBe(true)
  expect((await client.api('POST', '/start-over', {})).status).toBe(200)
  expect(existsSync(join(dataDir, 'config/config.yaml'))).toBe(false)
  expect(readState(dataDir)).toMatchObject({ phase: 'open', steps: {}, pastReturn: false })
})

test('when the registry cannot have its port, the setup is back on its own', async () => {
  await new Promise<void>((resolve) => squatter.listen(0, '127.0.0.1', resolve))
  const address = squatter.address()
  const taken = typeof address === 'object' && address !== null ? address.port : 0
  await saveAll(client, { ...answers, network: { ...answers.network, httpsPort: taken } })
  await client.api('POST', '/apply', {})
  const task = await until('the listeners to fail', async () => failedTask().catch(() => undefined))
  expect(task).toMatchObject({
    ...{ id: 'listeners', step: 'network' },
    finding: { code: 'MOOR-SET-035' },
  })
})

test('what exists by now cannot be chosen anew, nor thrown away without the words', async () => {
  const admin = { ...answers.admin, username: 'mutineer' }
  expect((await client.save('admin', admin)).json()).toMatchObject({
    ...{ code: 'MOOR-SET-015', facts: { field: 'username' } },
  })
  const refused = await client.api('POST', '/start-over', { confirm: 'yes' })
  expect(refused.json()['code']).toBe('MOOR-SET-014')
  expect(existsSync(join(dataDir, 'mooring.db'))).toBe(true)
})

test('with a port that is free it goes on, and tells of each task as it happens', async () => {
  await saveAll(client, { network: answers.network })
  beforeApply = filesOfSetup().map((name) => [name, readFileSync(join(dataDir, name), 'utf8')])
  const events: { phase: string; done: number }[] = []
  const ids: string[] = []
  const watching = watch(setup.url, client.cookie(), (id, view) => {
    ids.push(id)
    const done = view.tasks.filter(({ state }) => state === 'done').length
    events.push({ phase: view.phase, done })
  })
  await until('the stream to begin', () => (events.length > 0 ? true : undefined))
  await client.api('POST', '/apply', {})
  const at = `https://127.0.0.1:${String(answers.network.httpsPort)}`
  await until('the setup to finish', async () => {
    const answer = await client.api('GET', '/apply', undefined, at).catch(() => undefined)
    return answer?.status === 200 && answer.json()['phase'] === 'finished' ? true : undefined
  })
  await watching
  const counts = events.filter(({ phase }) => phase === 'applying').map(({ done }) => done)
  expect(counts).toEqual([...counts].sort((a, b) => a - b))
  expect(counts.at(-1)).toBeGreaterThanOrEqual(5)
  expect(new Set(ids).size).toBe(ids.length)

  const late: string[] = []
  await watch(at, client.cookie(), (_id, view) => late.push(view.phase))
  expect(late).toEqual(['finished'])
})

test('a cut at its very end leaves neither a code nor secrets', async () => {
  const { steps, recoveryKit } = JSON.parse(
    new Map(beforeApply).get('setup-state.json') ?? '',
  ) as Record<string, unknown>
  const putBack = (state: Record<string, unknown>) => {
    for (const [name, text] of beforeApply) writeFileSync(join(dataDir, name), text)
    writeFileSync(join(dataDir, 'setup-state.json'), JSON.stringify(state))
  }
  const finished = readState(dataDir)
  await setup.child.stop()

  // All is done, and it was not written down yet.
  putBack({ ...finished, phase: 'applying', steps, recoveryKit })
  setup = await startSetup(dataDir)
  await until('the setup to finish', () => readState(dataDir)['phase'] === 'finished' || undefined)
  await until('the secrets to be gone', () => hasNo('setup-key') || undefined)
  expect(filesOfSetup()).toEqual(['setup-state.json'])
  await setup.child.stop()

  // It was written down, and nothing was tidied up.
  putBack(readState(dataDir))
  writeFileSync(join(dataDir, 'setup-code'), 'ABCD-EFGH-JKMN-PQRS\n')
  setup = { ...setup, child: serve() }
  await until(
    'the registry to listen',
    () => setup.child.output().includes('Mooring is ready at') || undefined,
  )
  expect(filesOfSetup()).toEqual(['setup-state.json'])
})

const filesOfSetup = () => readdirSync(dataDir).filter((name) => name.startsWith('setup-'))
const hasNo = (name: string) => !existsSync(join(dataDir, name))

const serve = () =>
  spawnServer(
    process.execPath,
    [join(projectRoot, 'server/bin/mooring.js'), 'serve', '--data', dataDir],
    { env: process.env },
  )

interface View {
  readonly phase: string
  readonly tasks: readonly { readonly state: string }[]
}

/** Reads events until the stream ends, which it does when the registry takes over. */
function watch(url: string, cookie: string, onEvent: (id: string, view: View) => void) {
  return new Promise<void>((resolve, reject) => {
    const target = `${url}/api/v1/mooring/setup/apply/events`
    const req = request(target, { headers: { cookie }, rejectUnauthorized: false }, (res) => {
      let rest = ''
      res.setEncoding('utf8')
      res.on('data', (text: string) => {
        const parts = (rest + text).split('\n\n')
        rest = parts.pop() ?? ''
        for (const part of parts) {
          const id = /^id: (.*)$/m.exec(part)?.[1]
          const data = /^data: (.*)$/m.exec(part)?.[1]
          if (id !== undefined && data !== undefined) onEvent(id, JSON.parse(data) as View)
        }
      })
      res.on('close', resolve)
    })
    req.on('error', reject)
    req.end()
  })
}
