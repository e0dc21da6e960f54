import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { choose, fingerprint, running, startDesktop, type StartOptions } from './desktop-suite.ts'
import type { Vault } from './shell.ts'

const folder = createTemporaryFolder('desktop')
afterAll(() => folder.remove())
const start = (options?: StartOptions) => startDesktop(folder, options)

describe('the list of other servers', () => {
  const far = { action: 'add', name: 'Far', origin: 'https://far.example', fingerprint }
  const vault: Vault = {
    seal: async (text) => Buffer.from(text).toString('hex'),
    open: async (sealed) => Buffer.from(sealed, 'hex').toString(),
  }

  it('is sealed where the system has a store of secrets, and opened at the next start', async () => {
    const { say, call, answers, serversFile, seen } = await start({ vault })
    say(running)
    answers.push(0)
    expect(await call('servers', far)).toMatchObject({ sealed: true, servers: [{ name: 'Far' }] })
    expect(seen.questions[0]?.detail).not.toContain('store of secrets')
    expect(readFileSync(serversFile, 'utf8')).not.toContain('far.example')
    const again = await start({ vault, serversFile })
    choose(again.seen.menu, 'Servers', 'Far')
    expect(again.windows[0]?.loads).toEqual(['https://far.example/'])
    expect(again.windows[0]?.options.bridge).toBeUndefined()
  })

  it('is a file of the account alone elsewhere, which the question says', async () => {
    const { say, call, answers, serversFile, seen } = await start()
    say(running)
    answers.push(0)
    expect(await call('servers', far)).toMatchObject({ sealed: false })
    expect(seen.questions[0]?.detail).toContain('This desktop has no store of secrets.')
    expect(statSync(serversFile).mode & 0o777).toBe(0o600)
  })

  it('that cannot be opened is kept beside a new one', async () => {
    const serversFile = folder.join('locked.json')
    writeFileSync(serversFile, '{"sealed":"beyond-reach"}')
    const { say, call, answers } = await start({ serversFile })
    say(running)
    answers.push(0)
    await call('servers', far)
    expect(readFileSync(`${serversFile}.unreadable`, 'utf8')).toContain('beyond-reach')
  })

  it('takes no authority that is none', async () => {
    const { say, call } = await start()
    say(running)
    const { fingerprint: _, ...rest } = far
    await expect(call('servers', { ...rest, authority: 'no PEM' })).rejects.toThrow('certificate')
    await expect(call('servers', { ...far, authority: 'both' })).rejects.toThrow('arguments')
  })
})
