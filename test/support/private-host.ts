import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { atExit } from './at-exit.ts'
import type { ProgramResult } from './cli.ts'
import type { ClientHome } from './client-bench.ts'
import { programPath } from './programs.ts'
import { until } from './until.ts'

export interface PrivateHost extends AsyncDisposable {
  /** Runs a program there that has to succeed. @returns its stdout. */
  run(command: readonly string[]): Promise<string>
  attempt(command: readonly string[]): Promise<ProgramResult>
}

/**
 * This machine with an `/etc` and a `/usr/local/bin` of its own and no sign of systemd: what is
 * installed there as root is gone with it. It knows the name registry.test.
 */
export async function startPrivateHost(home: ClientHome): Promise<PrivateHost> {
  const folder = home.folder.join('private-host')
  const boot = `
    set -e
    mkdir -p "$1/bin"
    cp -a /etc "$1/etc"
    echo '127.0.0.1 registry.test' >>"$1/etc/hosts"
    mount --bind "$1/etc" /etc
    mount --bind "$1/bin" /usr/local/bin
    [ ! -d /run/systemd ] || mount -t tmpfs tmpfs /run/systemd
    touch "$1/booted"
    exec sleep infinity`
  const isolation = ['--mount', '--propagation', 'private']
  const machine = spawn('unshare', [...isolation, 'sh', '-c', boot, 'sh', folder], {
    stdio: 'inherit',
    env: { PATH: programPath },
  })
  const exited = once(machine, 'exit')
  const kill = () => machine.kill('SIGKILL')
  const forget = atExit(kill)
  const enter = (command: readonly string[]) => [
    `--target=${String(machine.pid)}`,
    '--mount',
    `--wd=${home.folder.path}`,
    ...command,
  ]
  const options = { timeoutMs: 120_000 }
  const leave = async () => {
    await home.attempt('nsenter', enter(['podman', 'rm', '--all', '--force', '--time=5']))
    kill()
    await exited
    forget()
  }
  try {
    await until('the host to be ready', () => {
      if (machine.exitCode !== null) throw new Error('the host did not start')
      return existsSync(`${folder}/booted`) ? true : undefined
    })
  } catch (error) {
    await leave()
    throw error
  }
  return {
    run: (command) => home.run('nsenter', enter(command), options),
    attempt: (command) => home.attempt('nsenter', enter(command), options),
    [Symbol.asyncDispose]: leave,
  }
}
