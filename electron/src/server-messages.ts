import { z } from 'zod'

/** Between the shell and the server's process; both ends read with these. */

const Fingerprint = z.string().regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)

const Pin = z.object({
  fingerprints: z.array(Fingerprint).max(16),
  authorities: z.array(z.string().max(65_536)).max(16),
})

const Origin = z.url().refine((text) => new URL(text).origin === text, 'must be an origin')

const Activity = z.object({
  /** Requests that bring content, and those that take it. */
  uploads: z.int().nonnegative(),
  downloads: z.int().nonnegative(),
})

export type Activity = z.infer<typeof Activity>

export const FromServer = z.discriminatedUnion('type', [
  z.object({ type: z.literal('starting') }),
  /** The setup page waits at `url`; `fingerprint` is of its temporary certificate. */
  z.object({
    type: z.literal('setup'),
    url: Origin,
    code: z.string().min(1).max(64),
    fingerprint: Fingerprint,
  }),
  z.object({
    type: z.literal('running'),
    url: Origin,
    /** What clients type: host, and port where it is not the usual one. */
    address: z.string().max(300),
    pin: Pin,
    certificateExpiresAt: z.number().optional(),
  }),
  z.object({ type: z.literal('activity'), activity: Activity }),
  z.object({ type: z.literal('stopping') }),
  /** The last message of a server that could not start. */
  z.object({ type: z.literal('failed'), message: z.string().max(20_000) }),
])

export type FromServer = z.infer<typeof FromServer>

export const ToServer = z.discriminatedUnion('type', [z.object({ type: z.literal('stop') })])

export type ToServer = z.infer<typeof ToServer>
