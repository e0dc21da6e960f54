import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { projectRoot } from './source-files.ts'

/** Where `npm test` unpacks clients that are newer than the system's. */
const clientTools = join(projectRoot, '.cache/clients/bin')

const systemFolders = (process.env['PATH'] ?? '').split(delimiter)

export const programPath = [clientTools, ...systemFolders, '/usr/sbin', '/sbin'].join(delimiter)

/** The program's file, or undefined when this machine does not have it. */
export function findProgram(name: string): string | undefined {
  return programPath
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

export function hasPrograms(...names: readonly string[]): boolean {
  return names.every((name) => findProgram(name) !== undefined)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
