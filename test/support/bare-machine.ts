import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runProgram, tryProgram, type ProgramOptions, type ProgramResult } from './cli.ts'
import { startNamespace } from './namespace.ts'
import { hasPrograms, programPath } from './programs.ts'
import { projectRoot } from './source-files.ts'
import { createTemporaryFolder } from './temporary.ts'

/** Where `npm test` unpacks it. */
export const debianTree = join(projectRoot, '.cache/debian-13')

/** Whether this machine can hold others: root, and the tree that `npm test` unpacks. */
export const hasBareMachines =
  process.getuid?.() === 0 && existsSync(debianTree) && hasPrograms('unshare', 'nsenter')

export interface BareMachine extends AsyncDisposable {
  /** Where a path of the machine lies for the test. */
  path(inside: string): string
  /** Runs a program there as root, or as a user id, and expects it to succeed. */
  run(command: readonly string[], options?: MachineOptions): Promise<string>
  attempt(command: readonly string[], options?: MachineOptions): Promise<ProgramResult>
}

export interface MachineOptions extends Partial<ProgramOptions> {
  readonly uid?: number
}

/**
 * A freshly unpacked Debian without systemd running: its own files and processes over the network of
 * this machine. What happens there is gone with it, mounts and processes included.
 */
export async function startBareMachine(): Promise<BareMachine> {
  const folder = createTemporaryFolder('machine')
  for (const name of ['upper', 'work', 'root']) mkdirSync(folder.join(name))
  const root = folder.join('root')
  const layers = `lowerdir=${debianTree},upperdir=${folder.join('upper')},workdir=${folder.join('work')}`
  const boot = `
    set -e
    mount -t overlay overlay -o "$1" "$2"
    mount -t proc proc "$2/proc"
    mount --rbind /dev "$2/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$2/tmp"
    cp /etc/resolv.conf /etc/hosts "$2/etc/" 2>/dev/null || true
    printf 'root:x:0:0:root:/root:/bin/sh\\nada:x:1000:1000::/home/ada:/bin/sh\\n' >"$2/etc/passwd"
    printf 'root:x:0:\\nada:x:1000:\\n' >"$2/etc/group"
    touch "$2/etc/shadow" "$2/booted"
    exec chroot "$2" sleep infinity`
  const isolation = ['--mount', '--pid', '--fork', '--kill-child=SIGKILL']
  const machine = await startNamespace({
    ...{ name: 'machine', isolation, boot, args: [layers, root] },
    ready: folder.join('upper/booted'),
  }).catch(async (error: unknown) => {
    await folder.remove()
    throw error
  })
  const leave = async () => {
    await machine.end()
    await folder.remove()
  }

  try {
    const { stdout } = await tryProgram('pgrep', ['-P', String(machine.pid)], {
      env: { PATH: programPath },
    })
    const pid = stdout.trim()
    const enter = [
      '--target',
      pid,
      '--mount',
      '--pid',
      `--root=/proc/${pid}/root`,
      `--wd=/proc/${pid}/root`,
    ]
    const argumentsOf = (command: readonly string[], uid = 0) => [
      ...enter,
      ...(uid === 0 ? [] : [`--setuid=${uid}`, `--setgid=${uid}`]),
      ...command,
    ]
    const optionsOf = ({ uid: _, ...options }: MachineOptions = {}): ProgramOptions => ({
      timeoutMs: 90_000,
      ...options,
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...options.env },
    })
    return {
      path: (inside) => join('/proc', pid, 'root', inside),
      run: (command, options) =>
        runProgram('nsenter', argumentsOf(command, options?.uid), optionsOf(options)),
      attempt: (command, options) =>
        tryProgram('nsenter', argumentsOf(command, options?.uid), optionsOf(options)),
      [Symbol.asyncDispose]: leave,
    }
  } catch (error) {
    await leave()
    throw error
  }
}
