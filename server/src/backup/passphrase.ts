import { readFile } from 'node:fs/promises'

/** The first line of a file; undefined without a file. */
export async function readPassphrase(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  const passphrase = (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0] ?? ''
  if (passphrase === '') throw new Error(`${file} holds no passphrase`)
  return passphrase
}
