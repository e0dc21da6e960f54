import { execFile } from 'node:child_process'
import { chmod, copyFile, cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { buildPages } from '@mooring/renderer/build'
import { productionFolders, type Lock } from './lock-closure.ts'

const run = promisify(execFile)
const workspaces = ['server', 'certs']

export type Architecture = 'x64' | 'arm64'

/**
 * Writes what runs on a machine that has nothing: Node, the program and its production
 * dependencies, without what only development needs.
 * @param modulesRoot a folder in which the lock file's packages for `arch` are installed.
 */
export async function writeProgramTree({
  root,
  modulesRoot = root,
  target,
  arch,
}: {
  readonly root: string
  readonly modulesRoot?: string
  readonly target: string
  readonly arch: Architecture
}): Promise<void> {
  await mkdir(target, { recursive: true, mode: 0o755 })
  for (const file of await productFiles(root)) await copy(root, target, file)
  await stampRelease(root, join(target, 'server/package.json'))
  await buildPages()
  await cp(join(root, 'renderer/dist'), join(target, 'renderer/dist'), { recursive: true })

  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock
  const platform = { os: 'linux', cpu: arch, libc: 'glibc' }
  for (const folder of productionFolders(lock, workspaces, platform)) {
    const entry = lock.packages[folder]
    if (entry?.link === true) await link(target, folder, entry.resolved ?? '')
    else if (folder.includes('node_modules/')) await copyPackage(modulesRoot, target, folder, arch)
  }

  const node = `node_modules/node-linux-${arch}`
  await mkdir(join(target, 'node/bin'), { recursive: true, mode: 0o755 })
  for (const file of ['bin/node', 'LICENSE']) {
    await copyFile(join(modulesRoot, node, file), join(target, 'node', file))
  }
  await setModes(target)
}

/** Files of the program that Git knows or would add. */
async function productFiles(root: string): Promise<readonly string[]> {
  const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--']
  const { stdout } = await run('git', [...listing, ...workspaces], {
    cwd: root,
    maxBuffer: 16 << 20,
  })
  const files: readonly string[] = stdout.split('\0').filter((file) => file !== '')
  const kept = [...new Set(files)].filter(isProductFile)
  const present = ['package.json']
  for (const file of kept) if (await isThere(root, file)) present.push(file)
  return present
}

/** The time of the commit rather than that of the build, which would differ with each. */
async function stampRelease(root: string, file: string): Promise<void> {
  const { stdout } = await run('git', ['log', '-1', '--format=%ct'], { cwd: root })
  const releasedAt = new Date(Number(stdout) * 1000).toISOString()
  const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  await writeFile(file, `${JSON.stringify({ ...manifest, releasedAt }, null, 2)}\n`)
}

export function isProductFile(file: string): boolean {
  return (
    /^[^/]+\/(?:package\.json$|README\.md$|bin\/|src\/)/.test(file) &&
    !/(?:\.test|-suite)\.ts$/.test(file)
  )
}

/** Git still lists a file that was just removed. */
async function isThere(root: string, file: string): Promise<boolean> {
  const names = await readdir(dirname(join(root, file))).catch((): string[] => [])
  return names.includes(basename(file))
}

async function copy(root: string, target: string, file: string): Promise<void> {
  await mkdir(dirname(join(target, file)), { recursive: true })
  await copyFile(join(root, file), join(target, file))
}

async function link(target: string, folder: string, to: string): Promise<void> {
  const place = join(target, folder)
  await mkdir(dirname(place), { recursive: true })
  await symlink(relative(dirname(place), join(target, to)), place)
}

async function copyPackage(
  from: string,
  target: string,
  folder: string,
  arch: Architecture,
): Promise<void> {
  const source = join(from, folder)
  await cp(source, join(target, folder), {
    recursive: true,
    filter: (file) => isNeeded(relative(source, file), arch),
  })
}

/**
 * Whether a file of a package is needed to run it. Node runs no TypeScript from node_modules, so
 * that nothing can need it there; packages inside this one come with their own lock entry.
 */
export function isNeeded(file: string, arch: Architecture): boolean {
  if (file === '') return true
  if (file.split('/').includes('node_modules')) return false
  if (
    /^(?:test|tests|__tests__|docs?|examples?|bench(?:marks?)?|coverage|\.github)(?:\/|$)/.test(
      file,
    )
  ) {
    return false
  }
  const prebuilt = /^prebuilds\/(.+)$/.exec(file)?.[1]
  if (prebuilt !== undefined) return prebuilt.startsWith(`linux-${arch}`)
  if (/^licen[cs]e|^notice|^copying/i.test(basename(file))) return true
  return !/\.(?:[cm]?ts|tsx|map|md|markdown|c|cc|cpp|h|hpp|gypi?|patch|flow|tsbuildinfo)$/i.test(
    file,
  )
}

/** The same whatever the umask of who builds it. */
async function setModes(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = join(folder, entry.name)
    if (entry.isDirectory()) await setModes(file)
    else if (entry.isFile()) await chmod(file, isProgram(file) ? 0o755 : 0o644)
  }
}

function isProgram(file: string): boolean {
  return /\/(?:node\/bin\/node|server\/bin\/[^/]+)$/.test(file)
}

/** Programs and libraries that bring their own machine code, for `ldd`. */
export async function nativeFiles(tree: string): Promise<readonly string[]> {
  const entries = await readdir(tree, { recursive: true, withFileTypes: true })
  const natives = entries
    .filter((entry) => entry.isFile() && /\.node$|\.so(?:\.\d+)*$/.test(entry.name))
    .map((entry) => relative(tree, join(entry.parentPath, entry.name)))
  return ['node/bin/node', ...natives.sort()]
}
