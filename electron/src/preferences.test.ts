import { afterAll, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import {
  choose,
  labels,
  running,
  settled,
  startDesktop,
  type StartOptions,
} from './desktop-suite.ts'

const folder = createTemporaryFolder('desktop')
afterAll(() => folder.remove())
const start = (options?: StartOptions) => startDesktop(folder, options)

it('speaks the chosen language from then on, in menus and questions alike', async () => {
  const { say, seen, advance, shell, call, settings } = await start()
  say(running)
  advance(1000)
  choose(seen.trayMenus.at(-1), 'Preferences', 'Language', '日本語')
  advance(1000)
  expect(labels(seen.trayMenus.at(-1))).toContain('Mooring を開く')
  expect(labels(seen.menu)).toContain('ファイル')
  await call('showProgress', { title: 'x', fraction: 0 })
  shell.quit()
  await settled()
  expect(seen.questions.at(-1)?.title).toBe('処理中ですが終了しますか?')
  expect(settings.read().language).toBe('ja')
  await call('preferences', { language: 'desktop' })
  expect(labels(seen.menu)).toContain('File')
})

it('notifies of the classes that were ticked in the tray', async () => {
  const { say, seen, advance, call, settings } = await start()
  say(running)
  advance(1000)
  choose(seen.trayMenus.at(-1), 'Preferences', 'Notifications', 'Jobs that ended')
  advance(1000)
  choose(seen.trayMenus.at(-1), 'Preferences', 'Notifications', 'Disk space')
  advance(1000)
  choose(seen.trayMenus.at(-1), 'Preferences', 'Notifications', 'Jobs that ended')
  expect(settings.read().notifications).toEqual(['space'])
  const notice = { title: 'x', body: '' }
  expect(await call('notify', { ...notice, class: 'space' })).toEqual({ shown: true })
  expect(await call('notify', { ...notice, class: 'job' })).toEqual({ shown: false })
})
