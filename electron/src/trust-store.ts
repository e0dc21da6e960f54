import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

export interface TrustCommand {
  readonly program: string
  readonly args: readonly string[]
}

/**
 * What makes this computer trust the CA in `file`, for every program that asks the system. Each
 * system asks for its own confirmation or password; undefined where the way is not known.
 */
export function trustCommand(
  platform: NodeJS.Platform,
  file: string,
  isThere: (path: string) => boolean = existsSync,
): TrustCommand | undefined {
  if (platform === 'win32') {
    return { program: 'certutil.exe', args: ['-user', '-addstore', 'Root', file] }
  }
  if (platform === 'darwin') {
    return { program: '/usr/bin/security', args: ['add-trusted-cert', '-r', 'trustRoot', file] }
  }
  if (platform !== 'linux') return undefined
  const anchors = linuxAnchors.find(({ update }) => isThere(update))
  if (anchors === undefined) return undefined
  // The paths are arguments of the script, never part of its text.
  const script = 'install -m 0644 -- "$1" "$2" && exec "$3"'
  const args = ['/bin/sh', '-c', script, 'sh', file, anchors.target, anchors.update]
  return { program: '/usr/bin/pkexec', args }
}

const linuxAnchors = [
  {
    target: '/usr/local/share/ca-certificates/mooring.crt',
    update: '/usr/sbin/update-ca-certificates',
  },
  { target: '/etc/pki/ca-trust/source/anchors/mooring.crt', update: '/usr/bin/update-ca-trust' },
]

export async function runTrustCommand({ program, args }: TrustCommand): Promise<void> {
  await promisify(execFile)(program, args, { timeout: 120_000, windowsHide: true })
}
