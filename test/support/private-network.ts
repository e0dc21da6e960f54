import { spawnSync } from 'node:child_process'
import { startNamespace } from './namespace.ts'
import { findProgram, programPath } from './programs.ts'
import { createTemporaryFolder } from './temporary.ts'

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
  const host = await startNamespace({
    ...{ name: 'network', isolation, boot, ready, args: [address, ready, ...hidden] },
  }).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  return {
    address,
    enter: (cwd) => [
      ...['nsenter', `--target=${String(host.pid)}`, '--net', '--mount'],
      // A working folder of outside has no name there, which programs that ask for it do not like.
      ...['sh', '-c', 'cd "$0" && exec "$@"', cwd],
    ],
    async [Symbol.asyncDispose]() {
      await host.end()
      await folder.remove()
    },
  }
}
