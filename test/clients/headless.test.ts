import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBareMachines, startBareMachine, type BareMachine } from '../support/bare-machine.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { startPrivateHost } from '../support/private-host.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  pullAgain,
  pushAndPull,
  pushWhile,
  startReleaseBench,
  type ReleaseBench,
} from '../support/release-bench.ts'
import { createSetupClient } from '../support/setup-client.ts'
import { answersLike } from '../support/site-answers.ts'
import { until } from '../support/until.ts'

const account = { username: 'quay', password: 'a-password-for-tests' }
const needed = hasBareMachines && hasPrograms('podman', 'buildah', 'runc', 'minisign')

describe.skipIf(!needed)('a release', () => {
  let bench: ReleaseBench
  const podman = (...args: string[]) => bench.run('podman', args)

  beforeAll(async () => {
    bench = await startReleaseBench()
  }, 300_000)
  afterAll(async () => bench[Symbol.asyncDispose]())

  /** Folders as an administrator makes them for Quay, for group 0 of the container. */
  function makeVolumes(name: string) {
    const folders = {
      config: bench.folder.join(name, 'config'),
      storage: bench.folder.join(name, 'storage'),
    }
    for (const folder of Object.values(folders)) {
      mkdirSync(folder, { recursive: true })
      chmodSync(folder, 0o770)
    }
    return {
      ...folders,
      options: ['-v', `${folders.config}:/conf/stack:Z`, '-v', `${folders.storage}:/datastorage:Z`],
    }
  }

  it('has an image of at most 200 MB, 80 MB compressed, with nothing to log in to', async () => {
    const text = await podman('image', 'inspect', bench.image)
    const [image] = JSON.parse(text) as {
      Size: number
      Config: { User: string; StopSignal: string; Healthcheck?: { Test: string[] } }
      HealthCheck?: { Test: string[] }
    }[]
    expect(image?.Size).toBeLessThan(200e6)
    expect(statSync(bench.imageFile).size).toBeLessThan(80e6)
    expect(image?.Config).toMatchObject({ User: '1001:0', StopSignal: 'SIGTERM' })
    expect(text).toMatch(/"CMD",\s*"mooring",\s*"health"/)
    const shell = await bench.attempt('podman', [
      'run',
      '--rm',
      '--entrypoint=/bin/sh',
      bench.image,
    ])
    expect(shell.code).not.toBe(0)
  })

  it('runs as Quay does: read-only, for any user, and stops well', async () => {
    const [https = 0, http = 0] = await findFreePorts(2)
    const { config, options } = makeVolumes('any-user')
    await podman(
      ...['run', '-d', '--name=registry', '-p', `${http}:8080`, '-p', `${https}:8443`, ...options],
      ...['-e', `MOORING_FIRST_PASSWORD=${account.password}`, '--user=23456:0', '--read-only'],
      ...['--cap-drop=all', '--security-opt=no-new-privileges', bench.image],
    )
    const digest = await pushAndPull(https, `${config}/ca.crt`, account)
    expect(await podman('exec', 'registry', 'mooring', 'health')).toBe('healthy\n')
    expect(await podman('exec', 'registry', 'mooring', 'user', 'add', 'ada')).toMatch(/created ada/)

    await podman('restart', '--time=30', 'registry')
    expect(await pullAgain(https, `${config}/ca.crt`, account)).toBe(digest)
    const stopping = () => podman('stop', '--time=30', 'registry')
    expect(await pushWhile(stopping, { https, http }, `${config}/ca.crt`, account)).toBe(201)
    const code = await podman('inspect', '--format={{.State.ExitCode}}', 'registry')
    expect(code.trim()).toBe('0')

    await podman('rm', 'registry')
    const migrate = ['run', '--rm', '--user=23456:0', ...options, bench.image, 'migrate']
    expect(await podman(...migrate)).toContain('up to date')

    await podman(
      'run',
      '-d',
      '--name=mirror',
      '--user=23456:0',
      ...options,
      bench.image,
      'repomirror',
    )
    await until('the workers', async () => {
      const { code } = await bench.attempt('podman', ['exec', 'mirror', 'mooring', 'health'])
      return code === 0 ? true : undefined
    })
    await podman('stop', '--time=30', 'mirror')
    expect(await podman('logs', 'mirror')).not.toContain('server started')
    await podman('rm', 'mirror')
    await checkEditor(options, 200, { SERVER_HOSTNAME: expect.stringContaining(':8443') as string })
  })

  it('waits in an empty container for the code of its setup, when told to', async () => {
    const [https = 0, http = 0] = await findFreePorts(2)
    const { options } = makeVolumes('setup')
    // Before there is anything: what Quay's editor proposes.
    await checkEditor(options, 202, { AVATAR_KIND: 'local', DEFAULT_TAG_EXPIRATION: '2w' })

    const published = ['-p', `${http}:8080`, '-p', `${https}:8443`]
    const told = ['-e', 'MOORING_SETUP=1', '--read-only']
    await podman('run', '-d', '--name=setup', ...published, ...options, ...told, bench.image)
    await until('the container', async () => {
      const { code } = await bench.attempt('podman', ['exec', 'setup', 'mooring', 'health'])
      return code === 0 ? true : undefined
    })
    const code = (await podman('exec', 'setup', 'mooring', 'setup-code')).slice(0, 19)
    expect(await podman('logs', 'setup')).toContain(`setup code   ${code}`)
    const browser = createSetupClient(`https://127.0.0.1:${https}`)
    expect((await browser.enter(code)).status).toBe(200)
    const { steps } = (await browser.api('GET', '')).json() as {
      steps: readonly { id: string; values: unknown }[]
    }
    // What is published is where it will be.
    const network = steps.find(({ id }) => id === 'network')?.values
    expect(network).toMatchObject({ httpsPort: 8443, httpPort: 8080, metricsPort: 9091 })
    browser.close()
    await podman('stop', '--time=30', 'setup')
    expect((await podman('inspect', '--format={{.State.ExitCode}}', 'setup')).trim()).toBe('0')
    await podman('rm', 'setup')
  })

  /** Runs Quay's editor on a configuration. */
  async function checkEditor(
    volumes: readonly string[],
    status: number,
    settings: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const [http = 0] = await findFreePorts(1)
    const command = ['config', 'secret']
    const user = '--user=23456:0'
    await podman(
      ...['run', '-d', '--name=editor', '-p', `${http}:8080`, ...volumes, user, '--read-only'],
      ...[bench.image, ...command],
    )
    await until('the editor', async () => {
      const { code } = await bench.attempt('podman', ['exec', 'editor', 'mooring', 'health'])
      return code === 0 ? true : undefined
    })
    const url = `http://127.0.0.1:${http}/api/v1/config`
    expect((await fetch(url)).status).toBe(401)
    const credentials = Buffer.from('quayconfig:secret').toString('base64')
    const headers = { authorization: `Basic ${credentials}`, 'content-type': 'application/json' }
    const shown = await fetch(url, { headers })
    expect(shown.status).toBe(status)
    expect(await shown.json()).toMatchObject({ 'config.yaml': settings })
    const body = JSON.stringify({ 'config.yaml': {} })
    const found = await fetch(`${url}/validate`, { method: 'POST', headers, body })
    expect(await found.json()).toContainEqual({
      FieldGroup: 'Database',
      Tags: ['DB_URI'],
      Message: 'DB_URI is required.',
    })
    await podman('stop', '--time=30', 'editor')
    expect((await podman('inspect', '--format={{.State.ExitCode}}', 'editor')).trim()).toBe('0')
    await podman('rm', 'editor')
  }

  it('is signed, archive and checksums alike', async () => {
    const check = (file: string) => bench.run('minisign', ['-Vm', file, '-p', bench.publicKeyFile])
    expect(await check(bench.archive)).toContain('Signature and comment signature verified')
    await bench.run('tar', ['-xf', bench.archive, '-C', bench.folder.path])
    const unpacked = bench.archive.replace(/^.*\//, '').replace(/\.tar$/, '')
    const sums = bench.folder.join(unpacked, 'SHA256SUMS')
    expect(await check(sums)).toContain('verified')
    expect(readFileSync(sums, 'utf8')).toContain('  program.tar.gz\n')
  })

  const names = ['MOORING_HTTPS_PORT', 'MOORING_HTTP_PORT', 'MOORING_METRICS_PORT']

  /** Brings the one file onto a machine and unpacks it. @returns the folder that it made. */
  async function carryTo(machine: BareMachine, home: string, uid = 0): Promise<string> {
    await machine.run(['install', '-d', `--owner=${uid}`, home])
    copyFileSync(bench.archive, machine.path(`${home}/mooring.tar`))
    await machine.run(['sh', '-c', `umask 0077; cd ${home}; tar -xf mooring.tar`], { uid })
    return `${home}/${bench.archive.replace(/^.*\//, '').replace(/\.tar$/, '')}`
  }

  function installer(machine: BareMachine, folder: string, uid = 0) {
    const command = (args: readonly string[]) => [
      ...['sh', '-c', 'umask 0077; exec "$0" "$@"', `${folder}/install.sh`],
      ...args,
    ]
    const env = { HOME: uid === 0 ? '/root' : '/home/ada' }
    return {
      install: (...args: string[]) => machine.run(command(args), { uid, env }),
      attempt: (...args: string[]) => machine.attempt(command(args), { uid, env }),
    }
  }

  it.each([
    { who: 'root', uid: 0, home: '/root', data: '/var/lib/mooring', program: '/opt/mooring' },
    {
      who: 'an account',
      uid: 1000,
      home: '/home/ada',
      data: '/home/ada/.local/share/mooring',
      program: '/home/ada/.local/lib/mooring',
    },
  ])('installs without network as $who in under a minute', async ({ uid, home, data, program }) => {
    await using machine = await startBareMachine()
    const folder = await carryTo(machine, home, uid)
    const { install } = installer(machine, folder, uid)
    const ports = await findFreePorts(3)
    const settings = [
      ...names.map((name, at) => `${name}=${String(ports[at])}`),
      `MOORING_FIRST_PASSWORD=${account.password}`,
    ].flatMap((setting) => ['--env', setting])
    const [https = 0] = ports
    const caFile = machine.path(`${data}/config/ca.crt`)

    const start = performance.now()
    const said = await install('--quick', ...settings)
    const digest = await pushAndPull(https, caFile, account)
    expect(performance.now() - start).toBeLessThan(60_000)
    // There is no systemd on this machine.
    expect(said).toContain('MOOR-SVC-002')
    expect(said).toContain('it answers')

    expect(await install('--quick', ...settings)).toMatch(/ended process \d+/)
    expect(await pullAgain(https, caFile, account)).toBe(digest)

    expect(await install('--uninstall')).toContain('the data stays')
    expect(existsSync(machine.path(`${data}/mooring.db`))).toBe(true)
    expect(existsSync(machine.path(program))).toBe(false)
    const left = await machine.run(['sh', '-c', 'cat /proc/[0-9]*/cmdline'])
    expect(left).not.toContain('mooring.js')
  })

  it('installs the container with podman, with defaults and by an answer file', async () => {
    await using host = await startPrivateHost(bench)
    await host.run(['tar', '-xf', bench.archive, '-C', bench.folder.path])
    const folder = bench.archive.replace(/^.*\//, '').replace(/\.tar$/, '')
    const script = bench.folder.join(folder, 'install.sh')
    const inside = { https: 8443, http: 8080, metrics: 9091 }
    const prefix = bench.folder.join('prefix')
    const places = async (name: string) => {
      const found = await findFreePorts(3)
      const ports = ['https', 'http', 'metrics'].flatMap((port, at) => [
        `--${port}-port`,
        String(found[at]),
      ])
      const data = bench.folder.join(name)
      const args = ['--container', '--data', data, '--prefix', prefix, ...ports]
      const [https = 0] = found
      return { https, caFile: `${data}/config/ca.crt`, args }
    }

    const quick = await places('container-quick')
    const password = `MOORING_FIRST_PASSWORD=${account.password}`
    const said = await host.run([script, ...quick.args, '--quick', '--env', password])
    expect(said).toContain('it answers')
    await pushAndPull(quick.https, quick.caFile, account)
    const command = ['/usr/local/bin/mooring', 'readonly', 'status']
    expect(await host.run(command)).toContain('takes writes')
    await host.run([script, '--container', '--prefix', prefix, '--uninstall'])
    expect(await host.run(['podman', 'ps', '--all', '--quiet'])).toBe('')

    const answered = await places('container-answers')
    writeFileSync(
      bench.folder.join('site.yaml'),
      answersLike('registry.test', inside, '/datastorage/registry'),
      { mode: 0o600 },
    )
    writeFileSync(bench.folder.join('secret'), `${account.password}\n`, { mode: 0o600 })
    const answers = ['--answers', bench.folder.join('site.yaml')]
    expect(await host.run([script, ...answered.args, ...answers])).toContain('is set up and runs')
    const admin = { ...account, username: 'admin' }
    await pushAndPull(answered.https, answered.caFile, admin)
    await host.run([script, '--container', '--prefix', prefix, '--uninstall'])
  }, 240_000)

  it('waits on a bare machine for its code, and is set up there by an answer file', async () => {
    await using machine = await startBareMachine()
    const folder = await carryTo(machine, '/root')
    const { install } = installer(machine, folder)
    const [https = 0, http = 0, metrics = 0] = await findFreePorts(3)
    const [data, command] = ['/var/lib/mooring', '/usr/local/bin/mooring']

    const ports = ['--https-port', https, '--http-port', http, '--metrics-port', metrics]
    const waiting = await install(...ports.map(String))
    const [, port, code = ''] = /https:\/\/\S+:(\d+)\/setup, code (\S+)/.exec(waiting) ?? []
    expect(port).toBe(String(https))
    const browser = createSetupClient(`https://127.0.0.1:${https}`)
    expect((await browser.enter('0000-0000-0000-0000')).status).toBe(401)
    expect((await browser.enter(code)).status).toBe(200)
    expect((await browser.api('GET', '')).json()).toMatchObject({ phase: 'open' })
    const other = (await machine.run([command, 'setup-code', '--new'])).slice(0, 19)
    expect((await browser.enter(other)).status).toBe(200)
    browser.close()

    appendFileSync(machine.path('/etc/hosts'), '127.0.0.1 registry.test\n')
    const answers = answersLike('registry.test', { https, http, metrics })
    writeFileSync(machine.path('/root/site.yaml'), answers, { mode: 0o600 })
    writeFileSync(machine.path('/root/secret'), `${account.password}\n`, { mode: 0o600 })
    const start = performance.now()
    const said = await install('--answers', 'root/site.yaml')
    expect(said).toContain('the registry is set up and runs')
    const admin = { ...account, username: 'admin' }
    const caFile = machine.path(`${data}/config/ca.crt`)
    const digest = await pushAndPull(https, caFile, admin)
    expect(performance.now() - start).toBeLessThan(60_000)
    expect(await machine.run(['find', data, '!', '-user', 'mooring'])).toBe('')

    expect(await install('--answers', 'root/site.yaml')).toContain('not applied again')
    expect(await pullAgain(https, caFile, admin)).toBe(digest)
  }, 240_000)

  it('refuses a damaged archive and a signature by somebody else', async () => {
    await using machine = await startBareMachine()
    const folder = await carryTo(machine, '/root')
    const { attempt } = installer(machine, folder)
    const key = readFileSync(bench.publicKeyFile, 'utf8').split('\n')[1] ?? ''
    const other = `${key.slice(0, 20)}${key[20] === 'A' ? 'B' : 'A'}${key.slice(21)}`
    const foreign = await attempt('--key', other)
    expect(foreign.code).not.toBe(0)
    expect(foreign.stderr).toContain('the signature is not by this key')

    await machine.run(['sh', '-c', `printf x >>${folder}/program.tar.gz`])
    const damaged = await attempt('--key', key)
    expect(damaged.code).not.toBe(0)
    expect(damaged.stdout).toContain('signature: good')
    expect(damaged.stderr).toContain('a file is damaged')
    expect(existsSync(machine.path('/opt/mooring'))).toBe(false)
  })
})
