import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Architecture } from './program-tree.ts'

const run = promisify(execFile)

export interface ModulesRoot extends AsyncDisposable {
  readonly path: string
}

/** Where the packages for an architecture are: this checkout, or an installation of their own. */
export async function modulesFor(root: string, arch: Architecture): Promise<ModulesRoot> {
  if (process.arch === arch) {
    return { path: root, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const path = await mkdtemp(join(tmpdir(), 'mooring-modules-'))
  const remove = () => rm(path, { recursive: true, force: true })
  try {
    for (const file of ['package.json', 'package-lock.json']) await copy(root, path, file)
    for (const workspace of ['certs', 'electron', 'server']) {
      await mkdir(join(path, workspace))
      await copy(root, path, `${workspace}/package.json`)
    }
    const platform = ['--os=linux', `--cpu=${arch}`, '--libc=glibc']
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', ...platform, ...quiet], { cwd: path })
    return { path, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function copy(from: string, to: string, file: string): Promise<void> {
  await copyFile(join(from, file), join(to, file))
}
