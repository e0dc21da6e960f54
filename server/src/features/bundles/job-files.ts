import { readdir, rm } from 'node:fs/promises'
import path from 'node:path'

/** Says who works on a job. */
export const lockName = (folder: string, id: string): string => path.join(folder, `${id}.lock`)

/** What an export writes, from its first moment until its job has ended. */
export const planFile = (folder: string, id: string): string => path.join(folder, `${id}.plan.json`)

/** The job will not go on: nothing of it is needed any more. */
export async function removeJobFiles(folder: string, id: string): Promise<void> {
  await rm(planFile(folder, id), { force: true })
  await rm(lockName(folder, id), { force: true })
}

/** The jobs that files lie there of. */
export async function jobsWithFiles(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return new Set(names.flatMap((name) => name.split('.')[0] ?? []))
}
