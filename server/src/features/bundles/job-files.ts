import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'

/** Says who works on a job. */
export const lockName = (folder: string, id: string): string => path.join(folder, `${id}.lock`)

/** What an export writes, from its first moment until its job has ended. */
export const planFile = (folder: string, id: string): string => path.join(folder, `${id}.plan.json`)

/** What a job needs and nobody may read in its row. */
export const secretsFile = (folder: string, id: string): string =>
  path.join(folder, `${id}.secrets`)

/** Of the volumes that it encrypts. */
export const volumeKeysFile = (folder: string, id: string): string =>
  path.join(folder, `${id}.volume-keys`)

/** The job will not go on: nothing of it is needed any more, nor what the lock's own files left. */
export async function removeJobFiles(folder: string, id: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (idOf(name) === id) await rm(path.join(folder, name), { force: true })
  }
}

/** The jobs that files lie there of. */
export async function jobsWithFiles(folder: string): Promise<ReadonlySet<string>> {
  return new Set((await namesIn(folder)).map(idOf))
}

const idOf = (name: string): string => name.split('.')[0] ?? ''

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
}
