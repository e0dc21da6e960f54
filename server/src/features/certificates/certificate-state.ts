import { z } from 'zod'
import type { KeyedCertificate } from '@mooring/certs'

const Rollover = z.object({
  /** `distributing`: both authorities are given out, the old one signs; `switched`: the new one. */
  phase: z.enum(['distributing', 'switched']),
  startedAt: z.number(),
  startedBy: z.string(),
  /** Whether clients that know the old authority alone accept the new one. */
  crossSigned: z.boolean(),
})

const State = z.object({
  current: z.string().nullable(),
  /** The published copies are being brought in line with what is said here. */
  publishing: z.boolean(),
  rollover: Rollover.nullable(),
})

export type Rollover = z.infer<typeof Rollover>
export type CertificateState = z.infer<typeof State>

export const emptyState: CertificateState = { current: null, publishing: false, rollover: null }

/** How a certificate came to this server. */
const source = z.enum(['adopted', 'issued', 'renewed', 'imported', 'signed', 'rolled-back'])

const About = z.object({ createdAt: z.number(), source, by: z.string() })

export type CertificateSource = z.infer<typeof source>

export interface CertificateEntry extends z.infer<typeof About> {
  readonly id: string
  readonly pair: KeyedCertificate
}

const PendingRequest = z.object({
  createdAt: z.number(),
  by: z.string(),
  names: z.array(z.string()),
  requestPem: z.string(),
  keyPem: z.string(),
})

export type PendingRequest = z.infer<typeof PendingRequest>

/** @returns undefined for what is not ours, or damaged. */
export const parseState = (text: string) => parse(State, text)
export const parseAbout = (text: string) => parse(About, text)
export const parsePendingRequest = (text: string) => parse(PendingRequest, text)

function parse<S extends z.ZodType>(schema: S, text: string): z.infer<S> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
