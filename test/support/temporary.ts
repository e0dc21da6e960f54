import { mkdtempSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atExit } from './at-exit.ts'

export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string
  /** A path inside the folder. */
  join(...names: string[]): string
  remove(): Promise<void>
}

/** Where files survive a restart of the machine, which a setup insists on. */
const disk = process.env['MOORING_TEST_DISK'] ?? tmpdir()

/** A folder of its own for one test; also gone when the process ends before the test removed it. */
export function createTemporaryFolder(
  purpose = 'test',
  { onDisk = false }: { readonly onDisk?: boolean } = {},
): TemporaryFolder {
  const path = mkdtempSync(join(onDisk ? disk : tmpdir(), `mooring-${purpose}-`))
  const forget = atExit(() => {
    // A server that is being killed can still create a file in here.
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  })
  const remove = async () => {
    // A server that was killed can still be closing files in here.
    await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
    forget()
  }
  return {
    path,
    join: (...names) => join(path, ...names),
    remove,
    [Symbol.asyncDispose]: remove,
  }
}
