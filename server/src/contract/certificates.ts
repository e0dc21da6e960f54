import { z } from 'zod'

import {
  CertificateDescription,
  CertificateEntry,
  CertificateFinding,
  CertificateProblem,
  CertificateRequest,
  CertificateRollover,
  change,
  clientCount,
  days,
  keyType,
  longestPem,
  names,
  passphrase,
  pem,
  superuser,
  TrustedAuthorityFile,
} from './certificate-values.ts'
import { endpoint } from './endpoint.ts'
import { queryText, wireDate } from './values.ts'

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
