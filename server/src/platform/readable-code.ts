import type { Random } from './random.ts'

/** Crockford's: no I, L, O and U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const length = 16

/** 80 bits that a person can read out and type: `ABCD-EFGH-JKMN-PQRS`. */
export function drawReadableCode(random: Pick<Random, 'text'>): string {
  return random.text(length, alphabet).replace(/(.{4})(?!$)/g, '$1-')
}

/** As typed: any case, with or without dashes and spaces, O for 0 and I or L for 1. */
export function normalizeCode(text: string): string {
  return text
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
}
