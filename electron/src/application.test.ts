import { afterAll, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { channelOf, deepLinkReadyChannel } from './bridge-contract.ts'
import {
  fingerprint,
  labels,
  running,
  settled,
  startDesktop,
  url,
  type StartOptions,
} from './desktop-suite.ts'

const folder = createTemporaryFolder('desktop')
afterAll(() => folder.remove())
const start = (options?: StartOptions) => startDesktop(folder, options)

it('leaves the field to the instance that runs already', async () => {
  const { seen, servers } = await start({ isFirst: false })
  expect(seen.exits).toEqual([0])
  expect(servers).toEqual([])
})

it('opens the window on the own server once that runs, with only its certificate pinned', async () => {
  const { windows, say, partitions } = await start()
  expect(windows).toEqual([])
  say(running)
  expect(windows[0]?.loads).toEqual([`${url}/`])
  expect(windows[0]?.isVisible).toBe(true)
  expect(windows[0]?.options).toMatchObject({ partition: 'persist:local', devTools: false })
  const partition = partitions.get('persist:local')
  expect(partition?.pins({ hostname: '127.0.0.1', chain: ['no certificate'] })).toBe(false)
  const request = { permission: 'notifications', isMainFrame: true }
  expect(partition?.permits({ ...request, origin: `${url}/x` })).toBe(true)
  expect(partition?.permits({ ...request, origin: 'https://127.0.0.1:9999' })).toBe(false)
})

it('hands the setup code over by itself, so that nobody types it', async () => {
  const { windows, say, partitions } = await start()
  say({ type: 'setup', url, code: 'ABCD-EFGH-JKMN-PQRS', fingerprint })
  await settled()
  expect(partitions.get('persist:local')?.posts).toEqual([
    {
      address: `${url}/api/v1/mooring/setup/session`,
      body: { code: 'ABCD-EFGH-JKMN-PQRS', takeOver: true },
    },
  ])
  expect(windows[0]?.loads).toEqual([`${url}/setup`])
})

it('starts a server that died again: after 1, 2, 5, 15 and 60 seconds', async () => {
  const { servers, advance, seen } = await start()
  for (const [index, seconds] of [1, 2, 5, 15, 60].entries()) {
    servers.at(-1)?.on.exit?.(1)
    advance(seconds * 1000 - 1)
    expect(servers).toHaveLength(index + 1)
    if (seconds === 60) expect(seen.questions.at(-1)?.title).toBe('The registry does not start')
    advance(1)
    expect(servers).toHaveLength(index + 2)
  }
})

it('starts in safe mode when somebody chooses that', async () => {
  const { servers, advance, answers } = await start()
  answers.push(2)
  for (const seconds of [1, 2, 5, 15]) {
    servers.at(-1)?.on.exit?.(1)
    advance(seconds * 1000)
  }
  servers.at(-1)?.on.exit?.(1)
  await settled()
  expect(servers.at(-1)?.environment).toMatchObject({ MOORING_LISTEN_HOST: '127.0.0.1' })
})

it('lets the server finish what is under way before it ends, and asks while somebody pushes', async () => {
  const { shell, servers, say, seen, answers, advance } = await start()
  say(running)
  say({ type: 'activity', activity: { uploads: 2, downloads: 0 } })
  expect(seen.awake).toBe(1)

  shell.quit()
  await settled()
  expect(servers[0]?.sent).toEqual([])
  answers.push(0)
  shell.quit()
  await settled()
  expect(seen.questions.map(({ title }) => title)).toEqual(
    Array.from({ length: 2 }, () => 'Quit while something is under way?'),
  )
  expect(servers[0]?.sent).toEqual([{ type: 'stop' }])
  expect(seen.exits).toEqual([])
  advance(30_000)
  expect(servers[0]?.isKilled).toBe(true)
  servers[0]?.on.exit?.(0)
  await settled()
  expect(seen.exits).toEqual([0])
  expect(servers).toHaveLength(1)
  expect(seen.awake).toBe(0)
})

it('hides in the tray when the window closes, after that was chosen once', async () => {
  const { windows, say, seen, answers } = await start()
  say(running)
  const close = async () => {
    windows[0]?.on.close?.({ preventDefault: () => undefined })
    await settled()
  }
  await close()
  expect(windows[0]?.isVisible).toBe(true)
  answers.push(0)
  await close()
  expect(windows[0]?.isVisible).toBe(false)
  await close()
  expect(seen.questions).toHaveLength(2)
})

it('never hides where the desktop shows no tray', async () => {
  const { windows, say, seen, servers } = await start({ hasTray: false, args: ['--hidden'] })
  say(running)
  expect(seen.icons).toEqual([])
  expect(windows[0]?.isVisible).toBe(true)
  windows[0]?.on.close?.({ preventDefault: () => undefined })
  await settled()
  expect(seen.questions.at(-1)?.buttons).toEqual(['Quit', 'Keep the window open'])
  expect(windows[0]?.isVisible).toBe(true)
  expect(servers[0]?.sent).toEqual([])
})

it('stays hidden at login where there is a tray', async () => {
  const { windows, say } = await start({ args: ['--hidden'] })
  say(running)
  expect(windows[0]?.isVisible).toBe(false)
})

it('refuses navigation, new windows and views, and asks before an address leaves', async () => {
  const { windows, say, seen, answers } = await start()
  say(running)
  const stopped: string[] = []
  const navigate = (address: string) =>
    windows[0]?.on.navigate?.({ address, preventDefault: () => stopped.push(address) })
  navigate(`${url}/repositories`)
  expect(stopped).toEqual([])
  navigate('file:///etc/passwd')
  navigate('https://other.example/')
  await settled()
  expect(stopped).toEqual(['file:///etc/passwd', 'https://other.example/'])
  expect(seen.opened).toEqual([])
  answers.push(0)
  windows[0]?.on['open-window']?.('https://docs.example/page')
  await settled()
  expect(seen.opened).toEqual(['https://docs.example/page'])
})

it('reloads a page that died three times a minute, then asks', async () => {
  const { windows, say, seen } = await start()
  say(running)
  for (let time = 0; time < 4; time += 1) windows[0]?.on['renderer-gone']?.('crashed')
  expect(windows[0]?.loads.filter((load) => load === 'reload')).toHaveLength(3)
  expect(seen.questions).toHaveLength(1)
})

it('opens links only after a person said yes, and hands them to a page that listens', async () => {
  const { windows, say, seen, answers, events, signals } = await start()
  say(running)
  events['second-instance']?.(['mooring://open/repository/a/b'])
  await settled()
  expect(windows[0]?.loads).toEqual([`${url}/`])
  expect(seen.questions[0]?.detail).toContain('/repository/a/b')
  answers.push(0)
  events['open-url']?.('mooring://open/repository/a/b')
  await settled()
  expect(windows[0]?.loads).toEqual([`${url}/`, `${url}/repository/a/b`])
  signals.get(deepLinkReadyChannel)?.({ origin: url, isTopFrame: true })
  answers.push(0)
  events['open-file']?.('/media/usb/site.mooring.tar')
  await settled()
  expect(windows[0]?.sent).toEqual([
    '/bundles/import?file=%2Fmedia%2Fusb%2Fsite.mooring.tar&from=link',
  ])
})

it('gives a remote server a window of its own, without a bridge', async () => {
  const { windows, say, answers, call, events } = await start()
  say(running)
  expect(windows[0]?.options.bridge).toBeDefined()
  answers.push(0)
  events['open-url']?.(`mooring://connect?url=https://far.example&fp=${fingerprint}`)
  await settled()
  expect(windows[0]?.isDestroyed).toBe(true)
  expect(windows[1]?.options).toMatchObject({ bridge: undefined })
  expect(windows[1]?.options.partition).not.toBe('persist:local')
  await expect(call('versions')).rejects.toThrow('not for this page')
  await expect(call('versions', undefined, 'https://far.example')).rejects.toThrow()
})

it('answers the own page only, and only to arguments that fit', async () => {
  const { say, call, handlers, settings, seen } = await start()
  await expect(call('versions')).rejects.toThrow('not for this page')
  say(running)
  expect(await call('versions')).toMatchObject({ mooring: '1' })
  await expect(call('versions', undefined, 'https://127.0.0.1:1')).rejects.toThrow()
  const inFrame = handlers.get(channelOf('versions'))?.({ origin: url, isTopFrame: false }, [])
  await expect(inFrame).rejects.toThrow('not for this page')
  await expect(call('saveFile', { name: '../../x', text: '' })).rejects.toThrow('arguments')
  await expect(call('versions', {})).rejects.toThrow('arguments')
  expect(await call('notify', { class: 'job', title: 'Done', body: '' })).toEqual({ shown: false })
  await call('preferences', { startAtLogin: true, notifications: ['job'] })
  expect(settings.read()).toMatchObject({ startAtLogin: true, notifications: ['job'] })
  expect(seen.loginItem).toBe(true)
  expect(await call('notify', { class: 'job', title: 'Done', body: '' })).toEqual({ shown: true })
})

it('shows in the tray what is going on, at most once a second', async () => {
  const { say, seen, advance, call, windows } = await start()
  advance(2000)
  say(running)
  advance(1000)
  expect(labels(seen.trayMenus.at(-1))).toContain('● Running — box.example:8443')
  const shown = seen.trayMenus.length
  for (let step = 0; step < 10; step += 1) {
    await call('showProgress', { title: 'Import', fraction: step / 10 })
  }
  expect(seen.trayMenus).toHaveLength(shown)
  advance(1000)
  expect(seen.trayMenus).toHaveLength(shown + 1)
  expect(labels(seen.trayMenus.at(-1))).toContain('Import 90 %')
  expect(windows[0]?.progress).toBe(0.9)
  expect(seen.icons.at(-1)).toBe('busy')
})

it('asks before a job of the page is cut short, by its name', async () => {
  const { shell, say, seen, call } = await start()
  say(running)
  await call('showProgress', { title: 'Importing site.tar', fraction: 0.4 })
  shell.quit()
  await settled()
  expect(seen.questions.at(-1)?.detail).toBe('Importing site.tar would be interrupted.')
  await call('showProgress', null)
  shell.quit()
  await settled()
  expect(seen.questions).toHaveLength(1)
})
