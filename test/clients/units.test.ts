import { mkdirSync, writeFileSync } from 'node:fs'
import {
  placesOf,
  quadlet,
  systemdUnit,
  type Scope,
  type ServiceMode,
} from '@mooring/server/service'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBareMachines, startBareMachine, type BareMachine } from '../support/bare-machine.ts'

const scopes: readonly Scope[] = ['system', 'user']

describe.skipIf(!hasBareMachines)('the units', () => {
  let machine: BareMachine

  beforeAll(async () => {
    machine = await startBareMachine()
    await machine.run(['install', '-D', '-m755', '/dev/null', '/opt/mooring/current/node/bin/node'])
  })
  afterAll(async () => machine[Symbol.asyncDispose]())

  const planFor = (scope: Scope, mode: ServiceMode = 'registry') => {
    const places = placesOf(scope, 'mooring', { HOME: '/home/ada' })
    const { dataDir } = places
    return {
      ...{ scope, places, dataDir, configDir: `${dataDir}/config`, environment: {} },
      ...({ mode, name: 'mooring', supervisor: 'systemd' } as const),
    }
  }
  const writeUnit = (scope: Scope, mode?: ServiceMode) => {
    mkdirSync(machine.path(`/units/${scope}`), { recursive: true })
    const text = systemdUnit({
      ...planFor(scope, mode),
      form: 'program',
      node: '/opt/mooring/current/node/bin/node',
      script: '/opt/mooring/current/server/bin/mooring.js',
    })
    writeFileSync(machine.path(`/units/${scope}/mooring.service`), text)
    return `/units/${scope}/mooring.service`
  }

  it.each(scopes)('of the %s please systemd, without a warning', async (scope) => {
    const manager = scope === 'user' ? ['--user'] : []
    const { code, stderr } = await machine.attempt(
      ['systemd-analyze', ...manager, 'verify', writeUnit(scope)],
      { env: { XDG_RUNTIME_DIR: '/tmp', HOME: '/root' } },
    )
    expect(stderr).toBe('')
    expect(code).toBe(0)
  })

  it('of the mirrors alone please systemd as well', async () => {
    const file = writeUnit('system', 'repomirror')
    expect(await machine.run(['cat', file])).toMatch(/^ExecStart=.*mooring\.js repomirror$/m)
    expect((await machine.attempt(['systemd-analyze', 'verify', file])).code).toBe(0)
  })

  it('leave the server little that it could harm', async () => {
    const security = ['systemd-analyze', 'security', '--offline=true', '--threshold=20']
    const said = await machine.run([...security, '--no-pager', writeUnit('system')])
    expect(said).toMatch(/Overall exposure level for mooring.service: 1\.\d OK/)
  })

  it.each(scopes)('of the %s are made from Quadlet files', async (scope) => {
    mkdirSync(machine.path(`/quadlet/${scope}`), { recursive: true })
    const text = quadlet({
      ...planFor(scope),
      form: 'container',
      image: 'localhost/mooring:0.1.0',
      ports: { https: 443, http: 80, metrics: 9091 },
    })
    writeFileSync(machine.path(`/quadlet/${scope}/mooring.container`), text)
    const unit = await machine.run(
      ['/usr/libexec/podman/quadlet', '-dryrun', ...(scope === 'user' ? ['--user'] : [])],
      { env: { QUADLET_UNIT_DIRS: `/quadlet/${scope}`, HOME: '/root', XDG_RUNTIME_DIR: '/tmp' } },
    )
    const start = /^ExecStart=(.*)$/m.exec(unit)?.[1] ?? ''
    expect(start).toContain('--publish 443:8443 --publish 80:8080')
    expect(start).toMatch(/-v \S+:\/conf\/stack:Z -v \S+:\/datastorage:Z/)
    expect(start).toContain(String.raw`--health-cmd "[\"mooring\", \"health\"]"`)
    expect(start).toContain('--health-on-failure kill')
    expect(start).toMatch(/--read-only .*localhost\/mooring:0\.1\.0 registry$/)
    expect(start.includes('keep-id:uid=1001')).toBe(scope === 'user')
    expect(unit).toMatch(/^Restart=always$/m)
    expect(unit).toMatch(/^WantedBy=(?:multi-user|default)\.target$/m)
  })
})
