const day = '(?:mon|tue|wed|thu|fri|sat|sun)'
const days = `(?:${day}(?:-${day})?(?:\\+${day}(?:-${day})?)*@)?`
const time = '(?:[01]?\\d|2[0-4]):[0-5]\\d'
const moment = new RegExp(`^${days}${time}$`)
const window = new RegExp(`^${days}${time}-${time}$`)

/** `mon-fri@02:00` */
export const isMoment = (text: string) => moment.test(text)

/** `sat+sun@00:00-24:00` */
export const isWindow = (text: string) => window.test(text)

/** Several keys in one text. */
export const keysIn = (text: string): string[] =>
  (text.match(/-----BEGIN [A-Z ]+-----[^-]*-----END [A-Z ]+-----/g) ?? []).map((key) => `${key}\n`)
