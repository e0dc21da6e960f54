import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const superuser = {
  area: 'mooring',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
} as const

/** The screen at the box may have lost its session before it is left. */
const screen = { area: 'mooring', rule: { kind: 'anyone', always: true }, scope: null } as const

const pin = z.string().regex(/^\d{4,12}$/, 'A PIN has 4 to 12 digits')

export const getKiosk = endpoint({
  ...screen,
  method: 'GET',
  path: '/api/v1/mooring/kiosk',
  operationId: 'getKiosk',
  summary: 'Whether the view for a screen at the box asks for a PIN.',
  responses: { 200: z.object({ pin_set: z.boolean() }) },
})

export const unlockKiosk = endpoint({
  ...screen,
  method: 'POST',
  path: '/api/v1/mooring/kiosk/unlock',
  operationId: 'unlockKiosk',
  summary: 'Whether this is the PIN; wrong ones have to wait longer and longer.',
  internal: true,
  whileReadOnly: true,
  body: z.object({ pin: z.string().max(100) }),
  responses: { 204: null },
})

export const setKioskPin = endpoint({
  ...superuser,
  method: 'PUT',
  path: '/api/v1/mooring/kiosk/pin',
  operationId: 'setKioskPin',
  summary: 'The PIN that a screen at the box asks for before it changes something or is left.',
  body: z.object({ pin }),
  responses: { 204: null },
})

export const removeKioskPin = endpoint({
  ...superuser,
  method: 'DELETE',
  path: '/api/v1/mooring/kiosk/pin',
  operationId: 'removeKioskPin',
  summary: 'A screen at the box asks for no PIN; that it had none is no error.',
  responses: { 204: null },
})
