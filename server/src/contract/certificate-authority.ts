import { z } from 'zod'

import {
  CertificateDescription,
  CertificateEntry,
  CertificateRollover,
  change,
  keyType,
  passphrase,
  pem,
  superuser,
  years,
} from './certificate-values.ts'
import { endpoint } from './endpoint.ts'

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
