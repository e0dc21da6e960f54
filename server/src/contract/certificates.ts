import { z } from 'zod'

import { endpoint } from './endpoint.ts'
import { queryText, wireDate } from './values.ts'

const superuser = {
  area: 'certificates',
  rule: { kind: 'superuser', readers: false },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
} as const
const change = { ...superuser, freshLogin: true } as const

const longestPem = 1_048_576
const pem = z.string().min(1).max(longestPem)
const passphrase = z.string().min(1).max(1_024)
const name = z.string().min(1).max(255)
const names = z.array(name).min(1).max(100)
const keyType = z.enum(['ecdsa-p256', 'ecdsa-p384', 'rsa-3072', 'rsa-4096'])
const days = z.int().min(1).max(825)
const years = z.int().min(1).max(30)

const CertificateDescription = z
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

const CertificateFinding = z
  .object({
    /** `MOOR-TLS-…` */
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    parameters: z.record(z.string(), z.union([z.string(), z.number()])),
    text: z.string(),
    next_step: z.string(),
  })
  .meta({ id: 'CertificateFinding' })

const CertificateEntry = z
  .object({
    id: z.string(),
    created: wireDate,
    source: z.enum(['adopted', 'issued', 'renewed', 'imported', 'signed', 'rolled-back']),
    by: z.string(),
    current: z.boolean(),
    certificate: CertificateDescription,
  })
  .meta({ id: 'CertificateEntry' })

const CertificateProblem = z
  .object({
    /** `MOOR-TLS-…` */
    code: z.string(),
    text: z.string(),
    next_step: z.string(),
  })
  .meta({ id: 'CertificateProblem' })

const TrustedAuthorityFile = z
  .object({
    /** Below the folder of config.yaml. */
    file: z.string(),
    /** Why the file is passed over. */
    problem: z.string().nullable(),
    certificates: z.array(CertificateDescription),
  })
  .meta({ id: 'TrustedAuthorityFile' })

/** By address, within the last day. */
const clientCount = {
  seen: z.int(),
  /** Those whose latest handshake was a refusal. */
  failing: z.int(),
}

const CertificateRequest = z
  .object({ created: wireDate, by: z.string(), names: z.array(z.string()), request: z.string() })
  .meta({ id: 'CertificateRequest' })

const CertificateRollover = z
  .object({
    phase: z.enum(['distributing', 'switched']),
    started: wireDate,
    by: z.string(),
    /** Whether clients that know the old authority alone accept the new one. */
    cross_signed: z.boolean(),
  })
  .meta({ id: 'CertificateRollover' })

export const getCertificates = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/certificates',
  operationId: 'getCertificates',
  summary: 'The certificates of this server, and what is wrong with them.',
  responses: {
    200: z.object({
      server: z
        .object({
          certificate: CertificateDescription,
          /** The chain as it is served, PEM. */
          pem: z.string(),
          findings: z.array(CertificateFinding),
          /** The worst of them; `unfit` is whatever else clients would refuse. */
          state: z.enum(['valid', 'expires-soon', 'expired', 'name-missing', 'untrusted', 'unfit']),
          /** Those of `host_names` that it does not carry. */
          uncovered: z.array(z.string()),
          /** Null: it is not renewed by itself. */
          renews: wireDate.nullable(),
          /** Why not, and until when it lasts; or why the latest attempt failed. */
          renewal_problem: CertificateProblem.nullable(),
        })
        .nullable(),
      authority: z
        .object({
          certificate: CertificateDescription,
          /** What has to be typed to confirm. */
          name: z.string(),
          key: z.enum(['here', 'encrypted', 'offline']),
          /** Of the key, stored for renewal; `unreadable` has to be stored again. */
          passphrase: z.enum(['none', 'stored', 'unreadable']),
          issued_server: z.boolean(),
        })
        .nullable(),
      /**
       * `clients` since it began. TLS does not say which authority a client believes: while both
       * are good, only clients that know neither fail.
       */
      rollover: CertificateRollover.extend({ clients: z.object(clientCount) }).nullable(),
      request: CertificateRequest.nullable(),
      /** The newest first. */
      history: z.array(CertificateEntry.extend({ can_roll_back: z.boolean() })),
      /** Authorities that this server trusts besides those of every system. */
      trusted: z.array(TrustedAuthorityFile),
      /** `refusing` have refused the certificate at least once, and are listed below. */
      clients: z.object({ ...clientCount, refusing: z.int() }),
      /** Addresses whose clients refused the certificate within the last day. */
      refusing: z.array(
        z.object({
          address: z.string(),
          /** By which the client called this server; null for an address. */
          name: z.string().nullable(),
          count: z.int(),
          last: wireDate,
          /** When a client there last accepted the certificate. */
          accepted: wireDate.nullable(),
        }),
      ),
      /** Names and addresses of this machine. */
      host_names: z.array(z.string()),
      read_only: z.boolean(),
    }),
  },
})

export const renewCertificate = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/renew',
  operationId: 'renewCertificate',
  summary: 'Issues the certificate again, with the names it has or others.',
  body: z.object({
    names: names.optional(),
    keep_key: z.boolean().optional(),
    key_type: keyType.optional(),
    days: days.optional(),
    passphrase: passphrase.optional(),
  }),
  responses: { 200: CertificateEntry },
})

const finished = z.object({
  /** Certificate, chain and key, in any order. */
  pem: pem.optional(),
  /** The same as files, each base64: PKCS#12, PKCS#7, DER or PEM. */
  files: z
    .array(z.base64().max(2 * longestPem))
    .max(10)
    .optional(),
  passphrase: passphrase.optional(),
})

export const examineCertificate = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/examine',
  operationId: 'examineCertificate',
  summary: 'What clients would hold against a certificate; nothing is changed.',
  body: finished,
  responses: {
    200: z.object({
      certificate: CertificateDescription,
      chain: z.array(CertificateDescription),
      has_key: z.boolean(),
      findings: z.array(CertificateFinding),
    }),
  },
})

export const replaceCertificate = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/replace',
  operationId: 'replaceCertificate',
  summary: 'Serves a finished certificate.',
  body: finished.extend({
    /** Also one that clients would refuse. */
    force: z.boolean().optional(),
  }),
  responses: { 200: CertificateEntry },
})

export const rollBackCertificate = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/rollback',
  operationId: 'rollBackCertificate',
  summary: 'Serves an earlier certificate again, the one before unless another is named.',
  body: z.object({ id: z.string().max(64).optional() }),
  responses: { 200: CertificateEntry },
})

export const createCertificateRequest = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/request',
  operationId: 'createCertificateRequest',
  summary: 'Makes a key and a request that another authority can sign.',
  body: z.object({
    names: names.optional(),
    organization: z.string().min(1).max(64).optional(),
    country: z.string().length(2).optional(),
    key_type: keyType.optional(),
  }),
  responses: { 200: CertificateRequest },
})

export const completeCertificateRequest = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/request/complete',
  operationId: 'completeCertificateRequest',
  summary: 'Serves the certificate that was signed for the request.',
  body: finished.omit({ passphrase: true }).extend({ force: z.boolean().optional() }),
  responses: { 200: CertificateEntry },
})

export const discardCertificateRequest = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/certificates/request',
  operationId: 'discardCertificateRequest',
  summary: 'Gives the request up, and its key.',
  responses: { 204: null },
})

/** Public, like the authority itself: what it tells is in every handshake. */
export const getTrustInstructions = endpoint({
  area: 'certificates',
  rule: { kind: 'anyone', always: true },
  scope: null,
  method: 'GET',
  path: '/api/v1/mooring/certificates/trust',
  operationId: 'getTrustInstructions',
  summary: 'How each kind of client is made to trust the authority.',
  query: z.object({
    host: queryText('host[:port] by which clients reach the registry').optional(),
    mirrors: queryText(
      'registries that clients shall find here: docker.io=organization, separated by commas',
    ).optional(),
  }),
  responses: {
    200: z.object({
      /** What the lines are written for. */
      host: z.string(),
      port: z.int(),
      /** Where the authority is given out without TLS. */
      ca_url: z.string(),
      fingerprint: z.string(),
      /** Further values for `host`: every name and address that the certificate carries. */
      hosts: z.array(z.string()),
      /** In the order in which they are shown; the first fetches what the others install. */
      instructions: z.array(
        z.object({
          client: z.string(),
          title: z.string(),
          shell: z.enum(['sh', 'ps1']),
          /** Some have several lines. */
          commands: z.array(z.string()),
          check: z.array(z.string()),
          undo: z.array(z.string()),
          note: z.string().nullable(),
          /** All of it as a file. */
          script: z.string(),
          script_name: z.string(),
        }),
      ),
    }),
  },
})

export const getCertificateAuthority = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/certificates/authority',
  operationId: 'getCertificateAuthority',
  summary: 'What clients have to trust, in every form.',
  responses: {
    200: z.object({
      certificates: z.array(CertificateDescription),
      pem: z.string(),
      /** Base64; the one in use alone. */
      der: z.string(),
      /** Base64. */
      pkcs7: z.string(),
    }),
  },
})

/** The name of the authority. */
const confirm = z.string().max(255)
const newPassphrase = z.string().min(1).max(1_024)

export const exportAuthorityKey = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/export',
  operationId: 'exportAuthorityKey',
  summary: "The authority's key, encrypted.",
  body: z.object({
    confirm,
    new_passphrase: newPassphrase,
    passphrase: passphrase.optional(),
  }),
  responses: { 200: z.object({ key: z.string(), certificate: z.string() }) },
})

export const takeAuthorityOffline = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/offline',
  operationId: 'takeAuthorityOffline',
  summary: "Removes the authority's key here, for whoever shows that it was exported.",
  body: z.object({ confirm, key: pem, passphrase: passphrase.optional() }),
  responses: { 204: null },
})

export const storeAuthorityKey = endpoint({
  ...change,
  method: 'PUT',
  path: '/api/v1/mooring/certificates/authority/key',
  operationId: 'storeAuthorityKey',
  summary: "Brings the authority's key back, encrypted when there is a new passphrase.",
  body: z.object({
    key: pem,
    passphrase: passphrase.optional(),
    new_passphrase: newPassphrase.optional(),
  }),
  responses: { 204: null },
})

export const protectAuthorityKey = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/protect',
  operationId: 'protectAuthorityKey',
  summary: 'Encrypts the key where it lies, or decrypts it when there is no new passphrase.',
  body: z.object({
    confirm,
    passphrase: passphrase.optional(),
    new_passphrase: newPassphrase.optional(),
  }),
  responses: { 204: null },
})

export const storeAuthorityPassphrase = endpoint({
  ...change,
  method: 'PUT',
  path: '/api/v1/mooring/certificates/authority/passphrase',
  operationId: 'storeAuthorityPassphrase',
  summary: "Keeps the passphrase of the authority's key, so that renewal needs nobody.",
  body: z.object({ passphrase }),
  responses: { 204: null },
})

export const forgetAuthorityPassphrase = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/certificates/authority/passphrase',
  operationId: 'forgetAuthorityPassphrase',
  summary: 'From here on the passphrase has to be typed for every certificate.',
  responses: { 204: null },
})

export const renewAuthorityCertificate = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/renew',
  operationId: 'renewAuthorityCertificate',
  summary: "A new certificate for the authority's key; clients that trust the old one go on.",
  body: z.object({ years: years.optional(), passphrase: passphrase.optional() }),
  responses: { 200: CertificateDescription },
})

export const startAuthorityRollover = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/rollover',
  operationId: 'startAuthorityRollover',
  summary: 'Makes a new authority and gives it out beside the one in use.',
  body: z.object({
    common_name: z.string().min(1).max(64).optional(),
    key_type: keyType.optional(),
    years: years.optional(),
    passphrase: passphrase.optional(),
  }),
  responses: { 200: CertificateRollover },
})

export const switchAuthority = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/rollover/switch',
  operationId: 'switchAuthority',
  summary: 'The new authority signs from here; both are given out.',
  body: z.object({ confirm, passphrase: passphrase.optional() }),
  responses: { 200: CertificateEntry },
})

export const finishAuthorityRollover = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/authority/rollover/finish',
  operationId: 'finishAuthorityRollover',
  summary: 'The old authority is given out no more.',
  body: z.object({ confirm, passphrase: passphrase.optional() }),
  responses: { 200: CertificateEntry },
})

export const cancelAuthorityRollover = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/certificates/authority/rollover',
  operationId: 'cancelAuthorityRollover',
  summary: 'Gives the new authority up, before the switch.',
  responses: { 204: null },
})

const server = {
  host: z.string().regex(/^[A-Za-z0-9_.-]{1,253}$|^[0-9A-Fa-f:.]{2,45}$/),
  port: z.int().min(1).max(65_535).optional(),
}
/** SHA-256, with or without colons. */
const sha256 = /^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/
const TrustedAuthorities = z.object({ files: z.array(TrustedAuthorityFile) })

export const listTrustedAuthorities = endpoint({
  ...superuser,
  method: 'GET',
  path: '/api/v1/mooring/certificates/trusted',
  operationId: 'listTrustedAuthorities',
  summary: 'Authorities that this server trusts besides those of its system.',
  responses: { 200: TrustedAuthorities },
})

export const addTrustedAuthority = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/trusted',
  operationId: 'addTrustedAuthority',
  summary: 'Trusts authorities: as PEM, or one that a server shows, by its fingerprint.',
  body: z
    .object({
      pem: pem.optional(),
      server: z.object({ ...server, fingerprint: z.string().regex(sha256) }).optional(),
      /** Of the file. */
      name: z
        .string()
        .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/)
        .optional(),
    })
    .refine(({ pem, server }) => (pem === undefined) !== (server === undefined), {
      message: 'either pem or server is needed',
    }),
  responses: { 200: TrustedAuthorities },
})

export const fetchServerAuthorities = endpoint({
  ...change,
  method: 'POST',
  path: '/api/v1/mooring/certificates/trusted/fetch',
  operationId: 'fetchServerAuthorities',
  summary: 'What a server shows about itself; nothing is trusted for that.',
  body: z.object(server),
  responses: {
    200: z.object({
      /** From the server's own up. */
      chain: z.array(
        CertificateDescription.extend({
          pem: z.string(),
          /** Whether trusting it is enough: it was issued by nobody else. */
          is_root: z.boolean(),
        }),
      ),
      trusted: z.boolean(),
      /** Why this server would not speak to that one. */
      problem: z.string().nullable(),
    }),
  },
})

export const removeTrustedAuthority = endpoint({
  ...change,
  method: 'DELETE',
  path: '/api/v1/mooring/certificates/trusted/{fingerprint}',
  operationId: 'removeTrustedAuthority',
  summary: 'Trusts one of them no more.',
  params: z.object({ fingerprint: z.string().regex(sha256) }),
  responses: { 204: null },
})
