import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { atExit } from './at-exit.ts'
import { findProgram, programPath } from './programs.ts'
import { createTemporaryFolder } from './temporary.ts'
import { until } from './until.ts'

/** A network with one host and nobody else in it. */
export interface PrivateNetwork extends AsyncDisposable {
  /** The only address beside those of its loopback. */
  readonly address: string
  /** What stands before a program and its arguments, for it to run there. */
  enter(cwd: string): readonly string[]
}

export interface PrivateNetworkOptions {
  readonly address: string
  /** Folders that are empty when they are looked at from there. */
  readonly hidden?: readonly string[]
}

const isolation = ['--net', '--mount', '--propagation', 'private']

/** Why this machine cannot have networks of its own, or undefined when it can. */
export function whyNoPrivateNetworks(): string | undefined {
  const missing = ['unshare', 'nsenter', 'ip'].filter((name) => findProgram(name) === undefined)
  if (missing.length > 0) return `missing: ${missing.join(', ')}`
  const { status } = spawnSync('unshare', [...isolation, 'ip', 'link', 'set', 'lo', 'up'], {
    env: { PATH: programPath },
    stdio: 'ignore',
  })
  return status === 0 ? undefined : 'this machine allows no network namespaces'
}

/** A network namespace whose loopback is up, and from which no route leads anywhere else. */
export async function startPrivateNetwork({
  address,
  hidden = [],
}: PrivateNetworkOptions): Promise<PrivateNetwork> {
  const folder = createTemporaryFolder('network')
  const ready = folder.join('ready')
  const boot = `
    set -e
    ip link set lo up
    ip address add "$1/32" dev lo
    ready=$2
    shift 2
    for folder; do mount -t tmpfs tmpfs "$folder"; done
    touch "$ready"
    exec sleep infinity`
  const host = spawn('unshare', [...isolation, 'sh', '-c', boot, 'sh', address, ready, ...hidden], {
    stdio: 'inherit',
    env: { PATH: programPath },
  })
  const exited = once(host, 'exit')
  const kill = () => host.kill('SIGKILL')
  const forget = atExit(kill)
  const leave = async () => {
    kill()
    await exited
    forget()
    await folder.remove()
  }
  try {
    await until('the network to be up', () => {
      if (host.exitCode !== null) throw new Error('the network did not come up')
      return existsSync(ready) ? true : undefined
    })
  } catch (error) {
    await leave()
    throw error
  }
  return {
    address,
    enter: (cwd) => [
      ...['nsenter', `--target=${String(host.pid)}`, '--net', '--mount'],
      // A working folder of outside has no name there, which programs that ask for it do not like.
      ...['sh', '-c', 'cd "$0" && exec "$@"', cwd],
    ],
    [Symbol.asyncDispose]: leave,
  }
}
