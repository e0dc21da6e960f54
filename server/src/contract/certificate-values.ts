import { z } from 'zod'

import { wireDate } from './values.ts'

export const superuser = {
  area: 'certificates',
  rule: { kind: 'superuser', readers: false },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const
export const change = { ...superuser, freshLogin: true } as const

export const longestPem = 1_048_576
export const pem = z.string().min(1).max(longestPem)
export const passphrase = z.string().min(1).max(1_024)
export const name = z.string().min(1).max(255)
export const names = z.array(name).min(1).max(100)
export const keyType = z.enum(['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'])
export const days = z.int().min(1).max(825)
export const years = z.int().min(1).max(30)

export const CertificateDescription = z
  .object({
    subject: z.string(),
    issuer: z.string(),
    names: z.array(z.string()),
    not_before: wireDate,
    not_after: wireDate,
    /** SHA-256, `AB:CD:…`. */
    fingerprint: z.string(),
    serial: z.string(),
    key_type: z.string(),
    /** Whether it may sign others. */
    is_authority: z.boolean(),
  })
  .meta({ id: 'CertificateDescription' })

export const CertificateFinding = z
  .object({
    /** `MOOR-TLS-…` */
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    parameters: z.record(z.string(), z.union([z.string(), z.number()])),
    text: z.string(),
    next_step: z.string(),
  })
  .meta({ id: 'CertificateFinding' })

export const CertificateEntry = z
  .object({
    id: z.string(),
    created: wireDate,
    source: z.enum(['adopted', 'issued', 'renewed', 'imported', 'signed', 'rolled-back']),
    by: z.string(),
    current: z.boolean(),
    certificate: CertificateDescription,
  })
  .meta({ id: 'CertificateEntry' })

export const CertificateProblem = z
  .object({
    /** `MOOR-TLS-…` */
    code: z.string(),
    text: z.string(),
    next_step: z.string(),
  })
  .meta({ id: 'CertificateProblem' })

export const TrustedAuthorityFile = z
  .object({
    /** Below the folder of config.yaml. */
    file: z.string(),
    /** Why the file is passed over. */
    problem: z.string().nullable(),
    certificates: z.array(CertificateDescription),
  })
  .meta({ id: 'TrustedAuthorityFile' })

/** By address, within the last day. */
export const clientCount = {
  seen: z.int(),
  /** Those whose latest handshake was a refusal. */
  failing: z.int(),
}

export const CertificateRequest = z
  .object({ created: wireDate, by: z.string(), names: z.array(z.string()), request: z.string() })
  .meta({ id: 'CertificateRequest' })

export const CertificateRollover = z
  .object({
    phase: z.enum(['distributing', 'switched']),
    started: wireDate,
    by: z.string(),
    /** Whether clients that know the old authority alone accept the new one. */
    cross_signed: z.boolean(),
  })
  .meta({ id: 'CertificateRollover' })
