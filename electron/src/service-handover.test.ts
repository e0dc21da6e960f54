import { afterAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { choose, running, settled, startDesktop, url, type StartOptions } from './desktop-suite.ts'
import type { ProgramCall } from './service-commands.ts'

const folder = createTemporaryFolder('desktop')
afterAll(() => folder.remove())
const start = (options?: StartOptions) => startDesktop(folder, options)

describe('a service of this computer', () => {
  const program = '/home/ada/.local/bin/mooring'
  const isThere = (path: string) => path === program
  const service = { program, url, address: 'box.example:8443', pin: running.pin }
  const status = JSON.stringify({ isRunning: true, health: 'healthy', state: 'active' })
  const answered = async ({ args }: ProgramCall) => ({
    succeeded: true,
    output: args.includes('status') ? status : '',
  })
  const runAsService = async (desktop: Awaited<ReturnType<typeof start>>) => {
    choose(desktop.seen.menu, 'File', 'Run as a service…')
    await settled()
    desktop.servers[0]?.on.exit?.(0)
    await settled()
  }

  it('needs a program of its own', async () => {
    const desktop = await start()
    desktop.say(running)
    await runAsService(desktop)
    expect(desktop.seen.questions.at(-1)?.detail).toContain('there is none')
    expect(desktop.runs).toEqual([])
  })

  it('takes over what this program ran, once that has ended', async () => {
    const desktop = await start({ isThere })
    desktop.say(running)
    desktop.answers.push(0)
    choose(desktop.seen.menu, 'File', 'Run as a service…')
    await settled()
    expect(desktop.servers[0]?.sent).toEqual([{ type: 'stop' }])
    expect(desktop.runs).toEqual([])
    desktop.servers[0]?.on.exit?.(0)
    await settled()
    const place = ['--data', '/u/data', '--config', '/u/data/config']
    const args = ['service', 'install', '--user', '--name', 'mooring-desktop', ...place]
    expect(desktop.runs).toEqual([{ program, args }])
    expect(desktop.settings.read().service).toEqual(service)
    expect(desktop.seen.relaunches).toBe(1)
  })

  it('that cannot be installed leaves the registry where it was, and says why', async () => {
    const desktop = await start({
      isThere,
      run: async () => ({ succeeded: false, output: 'MOOR-SVC-002' }),
    })
    desktop.say(running)
    desktop.answers.push(0)
    await runAsService(desktop)
    expect(desktop.seen.questions.at(-1)?.detail).toBe('MOOR-SVC-002')
    expect(desktop.settings.read().service).toBeUndefined()
    expect(desktop.servers).toHaveLength(2)
    expect(desktop.seen.relaunches).toBe(0)
  })

  it('is only shown, and outlives this program', async () => {
    const desktop = await start({ service, run: answered })
    await settled()
    expect(desktop.servers).toEqual([])
    expect(desktop.windows[0]?.loads).toEqual([`${url}/`])
    desktop.shell.quit()
    await settled()
    expect(desktop.seen.exits).toEqual([0])
    expect(desktop.runs.map(({ args }) => args[1])).toEqual(['status'])
  })

  it('is stopped and started by its own command', async () => {
    const desktop = await start({ service, run: answered })
    await settled()
    desktop.advance(1000)
    choose(desktop.seen.trayMenus.at(-1), 'Restart service')
    await settled()
    expect(desktop.runs.map(({ args }) => args[1])).toEqual(['status', 'restart', 'status'])
  })

  it('that does not answer is looked at again', async () => {
    let output = 'mooring: nothing is installed'
    const desktop = await start({ service, run: async () => ({ succeeded: false, output }) })
    await settled()
    expect(desktop.windows).toEqual([])
    output = status
    desktop.advance(30_000)
    await settled()
    expect(desktop.windows[0]?.loads).toEqual([`${url}/`])
  })

  it('is given up again', async () => {
    const desktop = await start({ service, run: answered })
    await settled()
    desktop.answers.push(0)
    choose(desktop.seen.menu, 'File', 'No longer run as a service')
    await settled()
    expect(desktop.runs.at(-1)?.args[1]).toBe('uninstall')
    expect(desktop.settings.read().service).toBeUndefined()
    expect(desktop.seen.relaunches).toBe(1)
  })
})
