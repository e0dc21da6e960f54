import { readFile } from 'node:fs/promises'
import { CommandError } from './command-error.ts'

/** Content of a text file, or undefined when there is none. */
export async function readOptionalFile(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new CommandError(`cannot read ${file}: ${message}`)
  }
}
