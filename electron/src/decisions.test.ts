import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { bridgeFunctions } from './bridge-contract.ts'
import { openLogFile } from './log-file.ts'
import { autostartEntry } from './login-item.ts'
import { decideLink, mayNavigate } from './navigation-lock.ts'
import { mayHave } from './permissions.ts'
import { drivesOfLetters, drivesOfMounts } from './removable-drives.ts'
import { securityPolicy } from './security-policy.ts'
import { openSettings } from './settings.ts'
import { findForbiddenSwitch, serverEnvironment } from './start-conditions.ts'
import { hasStatusNotifierHost } from './tray-host.ts'
import { trustCommand } from './trust-store.ts'

const origin = 'https://127.0.0.1:8443'
const folder = createTemporaryFolder('desktop')
afterAll(() => folder.remove())

it('the policy keeps pages away from Node, other origins and the disk', () => {
  expect(securityPolicy.window).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
  })
  expect(securityPolicy.fuses).toMatchObject({ RunAsNode: false, OnlyLoadAppFromAsar: true })
  expect(bridgeFunctions.length).toBeLessThan(14)
})

it.each([
  [`${origin}/x`, true],
  ['https://127.0.0.1:8444/', false],
  ['http://127.0.0.1:8443/', false],
  ['https://u@127.0.0.1:8443/', false],
  ['javascript:alert(1)', false],
  [`blob:${origin}/1`, false],
  ['data:text/html,x', false],
  ['', false],
])('a page that wants to %s may: %s', (address, may) => {
  expect(mayNavigate(address, origin)).toBe(may)
})

it.each([
  ['https://docs.example/a b', { kind: 'ask', address: 'https://docs.example/a%20b' }],
  ['http://docs.example/', { kind: 'deny' }],
  ['file:///etc/passwd', { kind: 'deny' }],
  ['mailto:a@example.com', { kind: 'deny' }],
  ['https://user:secret@docs.example/', { kind: 'deny' }],
  [`${origin}/x`, { kind: 'stay' }],
])('a link to %s: %j', (address, decision) => {
  expect(decideLink(address, origin)).toEqual(decision)
})

it.each([
  ['clipboard-sanitized-write', origin, true, true],
  ['clipboard-read', origin, true, false],
  ['media', origin, true, false],
  ['usb', origin, true, false],
  ['notifications', origin, false, false],
  ['notifications', 'https://127.0.0.1:1/', true, false],
  ['notifications', '', true, false],
])('the permission %s for %s (main frame %s): %s', (permission, from, isMainFrame, may) => {
  expect(mayHave({ permission, origin: from, isMainFrame }, origin)).toBe(may)
})

it('does not start with switches that weaken it, in any writing', () => {
  expect(findForbiddenSwitch(['--ignore-certificate-errors'])).toBe('ignore-certificate-errors')
  expect(findForbiddenSwitch(['-Remote-Debugging-Port=1'])).toBe('remote-debugging-port')
  expect(findForbiddenSwitch(['--hidden', 'mooring://open/x'])).toBeUndefined()
})

it('starts the server on data of its own, with setup, unless told where the data is', () => {
  const folders = { userData: '/u' }
  expect(serverEnvironment({}, folders)).toEqual({
    MOORING_DATA_DIR: '/u/data',
    MOORING_SETUP: '1',
  })
  expect(serverEnvironment({ MOORING_DATA_DIR: '/d' }, folders)).toMatchObject({
    MOORING_DATA_DIR: '/d',
  })
})

it('settings survive a damaged file, but for what was damaged', () => {
  const file = folder.join('settings.json')
  const settings = openSettings(file)
  settings.change({ onClose: 'quit', zoom: 1.5 })
  expect(openSettings(file).read()).toMatchObject({
    onClose: 'quit',
    zoom: 1.5,
    language: 'desktop',
  })
  settings.change({ zoom: 99 })
  expect(openSettings(file).read()).toMatchObject({ onClose: 'quit', zoom: 1 })
})

it('keeps five logs of bounded size', () => {
  const log = openLogFile(folder.join('logs'), 'server', { maximumBytes: 10 })
  for (let line = 1; line <= 9; line += 1) log.write(`line ${String(line)}\n`)
  const read = (name: string) => readFileSync(join(folder.join('logs'), name), 'utf8')
  expect(['server.log', 'server.1.log', 'server.4.log'].map(read)).toEqual([
    'line 9\n',
    'line 8\n',
    'line 5\n',
  ])
  expect(() => read('server.5.log')).toThrow()
  expect(log.lastLines(2)).toEqual(['line 8', 'line 9'])
})

it('quotes the program for autostart', () => {
  expect(autostartEntry('/opt/My "App"/100%')).toContain(
    'Exec="/opt/My \\\\"App\\\\"/100%%" --hidden\n',
  )
})

describe('removable drives', () => {
  it('are those the desktop mounted, with spaces in their names', () => {
    const mounts = [
      '/dev/sda1 / ext4 rw 0 0',
      '/dev/sdb1 /media/ada/Site\\040A vfat rw 0 0',
      'tmpfs /media/x tmpfs rw 0 0',
      '/dev/sdc1 /run/media/ada/B vfat rw 0 0',
    ].join('\n')
    expect(drivesOfMounts(mounts).map(({ path }) => path)).toEqual([
      '/media/ada/Site A',
      '/run/media/ada/B',
    ])
  })

  it('are every other letter on Windows', () => {
    expect(drivesOfLetters((path) => 'CE'.includes(path.charAt(0)), 'c:')).toEqual([
      { path: 'E:\\', label: 'E:' },
    ])
  })
})

describe('the tray host', () => {
  const bus = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' }
  const missing = async () => Promise.reject(new Error('ENOENT'))

  it.each([
    ['b true', true],
    ['(<true>,)', true],
    ['variant boolean false', false],
  ])('said %j means %s', async (answer, has) => {
    expect(await hasStatusNotifierHost(bus, async () => answer)).toBe(has)
  })

  it('is in doubt not there', async () => {
    expect(await hasStatusNotifierHost(bus, missing)).toBe(false)
    expect(await hasStatusNotifierHost({}, async () => 'b true')).toBe(false)
  })
})

it('trusts through the system, never with a path inside a shell line', () => {
  const command = trustCommand('linux', '/tmp/a b$(x).crt', (path) =>
    path.includes('update-ca-certificates'),
  )
  expect(command?.args).toContain('/tmp/a b$(x).crt')
  expect(command?.args[2]).not.toContain('/tmp')
  expect(trustCommand('linux', '/x', () => false)).toBeUndefined()
  expect(trustCommand('win32', 'x')?.program).toBe('certutil.exe')
})
