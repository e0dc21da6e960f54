import { describe, expect, it } from 'vitest'
import { describeAutostart } from './autostart.ts'

const machine = { isContainer: false, isDesktop: false, platform: 'linux' } as const

describe('what starts the registry at boot', () => {
  it.each([
    ['systemd, where it told us where to report', machine, { NOTIFY_SOCKET: '/run/n' }, /systemd/],
    ['systemd, where it only numbered the start', machine, { INVOCATION_ID: 'a1' }, /systemd/],
    [
      'nothing, in a terminal',
      machine,
      { INVOCATION_ID: 'a1', SHELL: '/bin/sh' },
      /service install/,
    ],
    ['nothing, without systemd', machine, {}, /mooring service install/],
    ['the container', { ...machine, isContainer: true }, {}, /container/],
    ['the desktop program', { ...machine, isDesktop: true }, {}, /desktop/],
    [
      'nothing, where there are no services of ours',
      { ...machine, platform: 'darwin' },
      {},
      /nothing/,
    ],
  ] as const)('is %s', (_who, of, env, said) => {
    expect(describeAutostart(of, env)).toMatch(said)
  })
})
