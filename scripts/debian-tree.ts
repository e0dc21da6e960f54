import { execFile } from 'node:child_process'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { findMirror } from './client-tools.ts'
import { isInstalled } from './system-packages.ts'

const run = promisify(execFile)
const suite = 'trixie'

/** What the tests use of it; everything else is what these need. */
const packages = [
  'bash',
  'coreutils',
  'dash',
  'findutils',
  'grep',
  'gzip',
  'libc-bin',
  'libgcc-s1',
  'libstdc++6',
  'minisign',
  'passwd',
  'podman',
  'sed',
  'systemd',
  'tar',
  'util-linux',
]

/**
 * Unpacks a bare Debian 13 into the project's cache: a machine to install on, the base of the
 * container image, and the systemd and Quadlet that units are checked with. Nothing in it is
 * configured or run while unpacking.
 * @returns one line when it cannot be had.
 */
export async function provideDebianTree(root: string): Promise<readonly string[]> {
  const folder = join(root, '.cache/debian-13')
  const marker = `${folder}.complete`
  const wanted = packages.join('\n')
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return []
  const leftOut = (why: string) => [`left out: tests on a bare Debian (${why})`]
  if (process.getuid?.() !== 0) return leftOut('only root can unpack one')
  if (!isInstalled('mmdebstrap')) return leftOut('mmdebstrap is not installed')
  const mirror = await findMirror()
  if (mirror === undefined) return leftOut("apt's sources name no Debian mirror")
  console.log('unpacking a bare Debian')
  const part = `${folder}.part`
  try {
    for (const old of [marker, folder, part]) await rm(old, { recursive: true, force: true })
    await mkdir(join(root, '.cache'), { recursive: true })
    const options = ['--quiet', '--variant=extract', `--include=${packages.join(',')}`]
    await run('mmdebstrap', [...options, suite, part, mirror], { maxBuffer: 16 << 20 })
    await rename(part, folder)
    await writeFile(marker, wanted)
    return []
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    const { stderr, message } = error as Error & { stderr?: string }
    return leftOut(`unpacking failed: ${(stderr ?? message).trim().split('\n').at(-1) ?? ''}`)
  }
}
