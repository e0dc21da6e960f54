import { Problem } from '../../problem.ts'

const units: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
}

/** `2MB/s`, `500 kB/s`. @returns bytes in a second. */
export function parseRate(text: string): number {
  const [, number, unit = ''] =
    /^(\d{1,9}(?:\.\d{1,3})?)\s*([kmg]?i?b)(?:\/s)?$/i.exec(text.trim()) ?? []
  const rate = Number(number) * (units[unit.toLowerCase()] ?? Number.NaN)
  if (!(rate >= 1)) {
    throw new Problem('rule-violated', {
      message: `${text.slice(0, 40)} is no rate. Write it as 2MB/s.`,
    })
  }
  return Math.round(rate)
}
