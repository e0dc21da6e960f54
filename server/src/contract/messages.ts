import { z } from 'zod'

import { endpoint } from './endpoint.ts'

const severity = z.enum(['info', 'warning', 'error'])
const mediaType = z.enum(['text/plain', 'text/markdown'])

export const GlobalMessage = z
  .object({ uuid: z.string(), content: z.string(), severity, media_type: mediaType })
  .meta({ id: 'GlobalMessage' })

export const getGlobalMessages = endpoint({
  area: 'messages',
  method: 'GET',
  path: '/api/v1/messages',
  operationId: 'getGlobalMessages',
  summary: 'The messages that superusers show to everybody.',
  rule: { kind: 'anyone' },
  scope: null,
  responses: { 200: z.object({ messages: z.array(GlobalMessage) }) },
})

export const createGlobalMessage = endpoint({
  area: 'messages',
  method: 'POST',
  path: '/api/v1/messages',
  operationId: 'createGlobalMessage',
  summary: 'Shows a message to everybody.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  body: z.object({
    message: z.object({ content: z.string(), media_type: mediaType, severity }),
  }),
  responses: { 201: null },
})

export const deleteGlobalMessage = endpoint({
  area: 'messages',
  method: 'DELETE',
  path: '/api/v1/message/{uuid}',
  operationId: 'deleteGlobalMessage',
  summary: 'Takes a message back; one that is not there is no error.',
  rule: { kind: 'superuser' },
  scope: 'super:user',
  switches: ['FEATURE_SUPER_USERS'],
  freshLogin: true,
  responses: { 204: null },
})
