import type { Random } from '../platform/random.ts'

const phraseWords = 5

// Half a megabyte of words, which only a setup needs.
const lists = async () => (await import('@zxcvbn-ts/language-common')).dictionary

let common: Promise<ReadonlySet<string>> | undefined
const commonPasswords = () =>
  (common ??= lists().then((known) => new Set(known['passwords-common'])))

/** Whether guessers try it early: as it is, said several times, or with digits and signs around it. */
export async function isCommonPassword(password: string): Promise<boolean> {
  const known = await commonPasswords()
  const text = password.normalize('NFKC').toLowerCase()
  const repeated = /^(.+?)\1+$/su.exec(text)?.[1] ?? text
  const bare = repeated.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return known.has(text) || repeated.length <= 3 || known.has(repeated) || known.has(bare)
}

/** `abacus-plunge-…`: five words of the EFF's list, 64 bits, which a person can remember. */
export async function drawPassphrase(random: Pick<Random, 'bytes'>): Promise<string> {
  const words = (await lists())['diceware-common']
  return Array.from({ length: phraseWords }, () => words[below(words.length, random)]).join('-')
}

/** Evenly: numbers beyond the last whole multiple are drawn again. */
function below(count: number, random: Pick<Random, 'bytes'>): number {
  const limit = 2 ** 32 - (2 ** 32 % count)
  for (;;) {
    const drawn = random.bytes(4).readUInt32BE()
    if (drawn < limit) return drawn % count
  }
}
