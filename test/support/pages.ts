import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './source-files.ts'

/**
 * Servers under test serve the pages as they are in the source now. `MOORING_TEST_PAGES=as-built` takes
 * them as they were built last, for whoever works on something else meanwhile.
 */
export function setup(): void {
  if (process.env['MOORING_TEST_PAGES'] === 'as-built') return
  execFileSync(process.execPath, [join(projectRoot, 'renderer/build.ts')], { stdio: 'inherit' })
}
