import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from './source-files.ts'

const program = join(projectRoot, 'server/src/db/older-data-suite.ts')
const postgresqlProgram = join(projectRoot, 'server/src/db/older-postgresql-suite.ts')

function run(...args: readonly string[]): string {
  return execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' })
}

/** The levels that earlier versions brought a database to. */
export const earlierLevels: readonly string[] = (JSON.parse(run('levels')) as string[]).slice(0, -1)

/** Makes a database, which nobody has open, what an earlier version would have, with its content. */
export function makeOlder(file: string, level: string): void {
  run('older', file, level)
}

/** The same for a database of PostgreSQL. */
export function makeOlderPostgresql(url: string, level: string): void {
  execFileSync(process.execPath, [postgresqlProgram, 'older', url, level])
}

/** Everything that a database of PostgreSQL holds in the tables of a level. */
export function dumpOfPostgresql(url: string, level: string): string {
  return execFileSync(process.execPath, [postgresqlProgram, 'dump', url, level], {
    encoding: 'utf8',
  })
}

/** Pretends that a later version has been at work. */
export function makeNewer(file: string): void {
  run('newer', file)
}

/** The last migration that a database has. */
export function levelOf(file: string): string {
  return JSON.parse(run('level', file)) as string
}
