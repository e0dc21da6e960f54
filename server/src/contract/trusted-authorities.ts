import { z } from 'zod'

import {
  CertificateDescription,
  change,
  pem,
  superuser,
  TrustedAuthorityFile,
} from './certificate-values.ts'
import { endpoint } from './endpoint.ts'

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
