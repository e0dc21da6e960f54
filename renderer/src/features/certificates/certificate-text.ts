import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { toInstant } from '../../ui/format.ts'
import type { Tone } from '../../ui/tone.ts'

export type Certificates = Output<'GET /api/v1/mooring/certificates'>
export type Server = NonNullable<Certificates['server']>
export type Authority = NonNullable<Certificates['authority']>
export type Certificate = Server['certificate']
export type Finding = Server['findings'][number]
export type Entry = Certificates['history'][number]

export const certificatesKey = ['appliance', 'certificates'] as const

export function daysLeft({ not_after: end }: Certificate, now: number): number {
  return Math.max(0, Math.floor(((toInstant(end) ?? now) - now) / 86_400_000))
}

/** Of the whole time that it is good for. */
export function daysTotal({ not_before: begin, not_after: end }: Certificate): number {
  return Math.max(1, Math.round(((toInstant(end) ?? 0) - (toInstant(begin) ?? 0)) / 86_400_000))
}

export function daysTone(days: number): Tone {
  return days <= 7 ? 'danger' : days <= 30 ? 'warning' : 'success'
}

const states = {
  valid: { text: m.certificates_valid, tone: 'success' },
  'expires-soon': { text: m.certificates_expires_soon, tone: 'warning' },
  expired: { text: m.certificates_expired, tone: 'danger' },
  'name-missing': { text: m.certificates_name_missing, tone: 'warning' },
  untrusted: { text: m.certificates_untrusted, tone: 'danger' },
  unfit: { text: m.certificates_unfit, tone: 'danger' },
} as const satisfies Record<Server['state'], { text: () => string; tone: Tone }>

export const stateText = (state: Server['state']) => states[state].text()
export const stateTone = (state: Server['state']): Tone => states[state].tone

const sources = {
  adopted: m.certificates_source_adopted,
  issued: m.certificates_source_issued,
  renewed: m.certificates_source_renewed,
  imported: m.certificates_source_imported,
  signed: m.certificates_source_signed,
  'rolled-back': m.certificates_source_rolled_back,
} as const
export const sourceText = (source: Entry['source']) => sources[source]()

export const keyTypes = [
  { value: 'ecdsa-p256', label: 'ECDSA P-256' },
  { value: 'ecdsa-p384', label: 'ECDSA P-384' },
  { value: 'rsa-3072', label: 'RSA 3072' },
  { value: 'rsa-4096', label: 'RSA 4096' },
] as const
export type KeyType = (typeof keyTypes)[number]['value']
export const keyTypeOf = (text: string): KeyType =>
  keyTypes.find(({ value }) => value === text)?.value ?? 'ecdsa-p256'

/** A passphrase is asked for where nobody else knows it. */
export const needsPassphrase = (authority: Certificates['authority']) =>
  authority?.key === 'encrypted' && authority.passphrase !== 'stored'

/** Base64 of what people drop here; certificates are small. */
export async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
