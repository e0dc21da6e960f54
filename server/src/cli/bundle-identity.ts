import { readFile } from 'node:fs/promises'

import { parseIdentities, type AgeIdentity } from '../bundles/age/age-keys.ts'
import { CommandError } from './command-error.ts'

export const identityHelp = 'a key file of age-keygen, which opens encrypted volumes'

/** The text of a key file. @throws BundleFault `identity-invalid` before anything begins. */
export async function readIdentity(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandError(`the identity ${file} cannot be read: ${String(error)}`)
  })
  parseIdentities(text)
  return text
}

export const identitiesIn = async (file: string): Promise<readonly AgeIdentity[]> =>
  parseIdentities(await readIdentity(file))
