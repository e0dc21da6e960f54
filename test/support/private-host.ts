import type { ProgramResult } from './cli.ts'
import type { ClientHome } from './client-bench.ts'
import { startNamespace } from './namespace.ts'

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
  const host = await startNamespace({
    ...{ name: 'host', isolation, boot, args: [folder], ready: `${folder}/booted` },
  })
  const enter = (command: readonly string[]) => [
    `--target=${String(host.pid)}`,
    '--mount',
    `--wd=${home.folder.path}`,
    ...command,
  ]
  const options = { timeoutMs: 120_000 }
  return {
    run: (command) => home.run('nsenter', enter(command), options),
    attempt: (command) => home.attempt('nsenter', enter(command), options),
    async [Symbol.asyncDispose]() {
      await home.attempt('nsenter', enter(['podman', 'rm', '--all', '--force', '--time=5']))
      await host.end()
    },
  }
}
