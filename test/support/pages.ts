import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './source-files.ts'

/** Servers under test serve the pages as they are in the source now. */
export function setup(): void {
  execFileSync(process.execPath, [join(projectRoot, 'renderer/build.ts')], { stdio: 'inherit' })
}
