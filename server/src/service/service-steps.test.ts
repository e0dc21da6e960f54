import { describe, expect, it } from 'vitest'
import { ServiceError } from './service-codes.ts'
import {
  containerEnvironmentFile,
  environmentFile,
  parseEnvironmentFile,
  placesOf,
  type ContainerPlan,
  type ProgramPlan,
  type Scope,
  type Supervisor,
} from './service-plan.ts'
import { installSteps, startSteps, uninstallSteps, type Step } from './service-steps.ts'

const common = (scope: Scope, supervisor: Supervisor, dataDir?: string) => {
  const places = placesOf(scope, 'mooring', { HOME: '/home/ada' })
  const data = dataDir ?? places.dataDir
  const environment = { MOORING_FIRST_PASSWORD: 'secret' }
  return {
    ...{ scope, supervisor, places, dataDir: data, configDir: `${data}/config`, environment },
    ...({ name: 'mooring', mode: 'registry' } as const),
  }
}

const program = (scope: Scope, supervisor: Supervisor, dataDir?: string): ProgramPlan => ({
  ...common(scope, supervisor, dataDir),
  form: 'program',
  node: '/opt/mooring/current/node/bin/node',
  script: '/opt/mooring/current/server/bin/mooring.js',
})

const container = (supervisor: Supervisor): ContainerPlan => ({
  ...common('system', supervisor),
  form: 'container',
  image: 'localhost/mooring:0.1.0',
  ports: { https: 443, http: 80, metrics: 9091 },
})

const commands = (steps: readonly Step[]) =>
  steps.flatMap((step) => (step.kind === 'run' ? [step.command.join(' ')] : []))
const files = (steps: readonly Step[]) =>
  steps.flatMap((step) => (step.kind === 'write' ? [step.file] : []))

describe('installing the service', () => {
  it('writes a unit, enables it and starts it anew', () => {
    const steps = installSteps(program('system', 'systemd'), { start: true })
    expect(steps[0]).toEqual({ kind: 'account', name: 'mooring', home: '/var/lib/mooring' })
    expect(files(steps)).toEqual([
      '/etc/mooring/mooring.env',
      '/etc/systemd/system/mooring.service',
      '/etc/mooring/service.json',
    ])
    expect(commands(steps)).toEqual([
      'systemctl daemon-reload',
      'systemctl enable mooring.service',
      'systemctl restart mooring.service',
    ])
  })

  it('runs the mirrors alone where that is wanted, which nobody calls', () => {
    const [write] = installSteps(
      { ...program('system', 'systemd'), mode: 'repomirror' },
      { start: true },
    ).filter((step) => step.kind === 'write' && step.file.endsWith('.service'))
    expect(write?.kind === 'write' && write.content).toMatch(
      /^ExecStart=.*mooring\.js repomirror$/m,
    )
    const run = commands(
      installSteps({ ...container('podman'), mode: 'repomirror' }, { start: true }),
    ).find((command) => command.startsWith('podman run'))
    expect(run).toMatch(/ localhost\/mooring:0\.1\.0 repomirror$/)
    expect(run?.match(/--publish=\S+/g)).toEqual(['--publish=127.0.0.1:9091:9091'])
  })

  it('makes no account for a service of an account, and lets it linger', () => {
    const steps = installSteps(program('user', 'systemd'), { start: false })
    expect(steps.map(({ kind }) => kind)).not.toContain('account')
    expect(files(steps)).toContain('/home/ada/.config/systemd/user/mooring.service')
    expect(commands(steps)).toEqual([
      'systemctl --user daemon-reload',
      'systemctl --user enable mooring.service',
      'loginctl enable-linger',
    ])
  })

  it('writes settings where only the owner reads them, and only there', () => {
    const steps = installSteps(program('system', 'systemd'), { start: true })
    const secret = steps.filter((step) => JSON.stringify(step).includes('secret'))
    expect(secret).toHaveLength(1)
    expect(secret[0]).toMatchObject({ file: '/etc/mooring/mooring.env', mode: 0o600, keep: true })
  })

  it('runs the container by podman alone where there is no systemd', () => {
    const steps = startSteps(container('podman'))
    expect(commands(steps)[1]).toMatch(/^podman run --detach .*--restart=always .* registry$/)
    expect(commands(uninstallSteps(container('podman')))).toEqual([
      'podman stop --time=60 mooring',
      'podman rm --force mooring',
    ])
  })

  it('removes what it made and no data', () => {
    const removed = (plan: ProgramPlan | ContainerPlan) =>
      uninstallSteps(plan).flatMap((step) => (step.kind === 'remove' ? [step.file] : []))
    expect(removed(program('system', 'systemd'))).toEqual([
      '/etc/systemd/system/mooring.service',
      '/etc/mooring/service.json',
    ])
    expect(removed(container('systemd'))).toEqual([
      '/etc/containers/systemd/mooring.container',
      '/etc/mooring/service.json',
    ])
  })

  it.each(['/srv/my data', '/srv/50%', '/srv/a:b', '/srv/"x"', 'relative'])(
    'refuses %s, which a unit cannot hold',
    (dataDir) => {
      expect(() => installSteps(program('system', 'systemd', dataDir), { start: true })).toThrow(
        ServiceError,
      )
    },
  )
})

describe('the file of settings', () => {
  it('says the same to systemd, to a shell, to podman and to us', () => {
    const settings = { A_PATH: '/srv/data', B_TEXT: 'x "y" $HOME `z` \\' }
    expect(parseEnvironmentFile(environmentFile(settings))).toEqual(settings)
    expect(containerEnvironmentFile(settings)).toContain('\nB_TEXT=x "y" $HOME `z` \\\n')
  })

  it.each([{ 'A B': 'x' }, { A: "it's" }, { A: 'two\nlines' }])('refuses %j', (settings) => {
    expect(() => environmentFile(settings)).toThrow(ServiceError)
  })
})
