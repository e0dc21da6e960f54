import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { chmod, rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isInstalled } from './system-packages.ts'

const run = promisify(execFile)

/** Clients whose current versions are newer than those of a stable Debian: static programs. */
export const clientTools: readonly { readonly name: string; readonly purpose: string }[] = [
  { name: 'oras', purpose: 'artifacts and referrers' },
  { name: 'crane', purpose: 'images, tags and the catalog' },
  { name: 'cosign', purpose: 'signatures and attestations' },
  { name: 'notation', purpose: 'signatures with certificates' },
  { name: 'rclone', purpose: 'an S3 server for blob storage' },
  { name: 'hey', purpose: 'load with many connections' },
]

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg'

export function clientToolsFolder(root: string): string {
  return join(root, '.cache/clients/bin')
}

/**
 * Unpacks the clients into the project's cache: Debian's development suite, read from the mirror
 * that apt uses already, with its own package lists; the system's packages stay as they are.
 * @returns one line when clients are left out.
 */
export async function provideClientTools(root: string): Promise<readonly string[]> {
  const names = clientTools.map(({ name }) => name)
  const folder = clientToolsFolder(root)
  if (await isComplete(folder, names)) return []
  const missing = names.filter((name) => !isInstalled(name))
  if (missing.length === 0) return []
  const leftOut = (why: string) => [`left out: tests with ${missing.join(', ')} (${why})`]
  if (!isInstalled('apt-get')) return leftOut('this system has no apt-get')
  const mirror = await findMirror()
  if (mirror === undefined) return leftOut("apt's sources name no Debian mirror")
  console.log(`unpacking ${names.join(' ')}`)
  try {
    await unpack(mirror, names, folder)
    return []
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string }
    const lines = (stderr ?? message).trim().split('\n')
    return leftOut(`unpacking failed: ${lines.at(-1) ?? 'no reason given'}`)
  }
}

/** The marker is written last, so a folder that was being filled when we died is filled again. */
async function isComplete(folder: string, names: readonly string[]): Promise<boolean> {
  const marker = await readFile(join(folder, '.complete'), 'utf8').catch(() => '')
  return marker === names.join('\n')
}

async function unpack(mirror: string, names: readonly string[], folder: string): Promise<void> {
  const state = await mkdtemp(join(tmpdir(), 'mooring-clients-'))
  try {
    await chmod(state, 0o755)
    await mkdir(join(state, 'lists/partial'), { recursive: true })
    await mkdir(join(state, 'debs'))
    await mkdir(folder, { recursive: true })
    const sources = join(state, 'sid.list')
    await writeFile(sources, `deb [signed-by=${keyring}] ${mirror} sid main\n`)
    const options = [
      ['Dir::Etc::sourcelist', sources],
      ['Dir::Etc::sourceparts', '-'],
      ['Dir::State::lists', join(state, 'lists')],
      ['Dir::Cache::pkgcache', ''],
      ['Dir::Cache::srcpkgcache', ''],
      ['Acquire::Retries', '2'],
      ['APT::Sandbox::User', 'root'],
    ].flatMap(([key, value]) => ['-o', `${String(key)}=${String(value)}`])
    await run('apt-get', ['-q', ...options, 'update'])
    await run('apt-get', ['-q', ...options, 'download', ...names], { cwd: join(state, 'debs') })
    for (const deb of await readdir(join(state, 'debs'))) {
      await run('dpkg', ['-x', join(state, 'debs', deb), join(state, 'root')])
    }
    for (const name of names) {
      const target = join(folder, name)
      await copyFile(join(state, 'root/usr/bin', name), `${target}.part`)
      await rename(`${target}.part`, target)
    }
    await writeFile(join(folder, '.complete'), names.join('\n'))
  } finally {
    await rm(state, { recursive: true, force: true })
  }
}

/** The mirror of Debian that apt uses already. */
export async function findMirror(): Promise<string | undefined> {
  const parts = '/etc/apt/sources.list.d'
  const files = await readdir(parts).catch(() => [])
  for (const file of ['/etc/apt/sources.list', ...files.map((name) => join(parts, name))]) {
    const mirror = parseMirror(await readFile(file, 'utf8').catch(() => ''))
    if (mirror !== undefined) return mirror
  }
  return undefined
}

/** The first archive of Debian itself in a sources file, in either of apt's two formats. */
export function parseMirror(sources: string): string | undefined {
  const active = sources.replaceAll(/^\s*#.*$/gm, '')
  return /https?:\/\/[^\s]+\/debian\/?(?=\s|$)/.exec(active)?.[0]
}
