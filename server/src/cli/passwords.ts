import { text } from 'node:stream/consumers'
import { systemRandom } from '../platform/random.ts'
import { generatePassword } from '../wiring/accounts.ts'

export interface PasswordOptions {
  readonly passwordStdin?: boolean
}

export interface ChosenPassword {
  readonly password: string
  /** Drawn by us: nobody else knows it, so it has to be printed. */
  readonly isNew: boolean
}

/** From standard input, so that it stands in no process list; otherwise a drawn one. */
export async function choosePassword({ passwordStdin }: PasswordOptions): Promise<ChosenPassword> {
  if (passwordStdin !== true) return { password: generatePassword(systemRandom), isNew: true }
  return { password: (await text(process.stdin)).replace(/\r?\n$/, ''), isNew: false }
}
