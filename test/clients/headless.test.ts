import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBareMachines } from '../support/bare-machine.ts'
import { findFreePorts } from '../support/free-ports.ts'
import { hasPrograms } from '../support/programs.ts'
import {
  pullAgain,
  pushAndPull,
  startReleaseBench,
  type ReleaseBench,
} from '../support/release-bench.ts'
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
    await podman('stop', '--time=30', 'registry')
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
  })

  it('is signed, archive and checksums alike', async () => {
    const check = (file: string) => bench.run('minisign', ['-Vm', file, '-p', bench.publicKeyFile])
    expect(await check(bench.archive)).toContain('Signature and comment signature verified')
    await bench.run('tar', ['-xf', bench.archive, '-C', bench.folder.path])
    const unpacked = bench.archive.replace(/^.*\//, '').replace(/\.tar$/, '')
    const sums = bench.folder.join(unpacked, 'SHA256SUMS')
    expect(await check(sums)).toContain('verified')
    expect(readFileSync(sums, 'utf8')).toContain('  program.tar.gz\n')
  })
})
