import { z } from 'zod'

import { endpoint } from './endpoint.ts'

export const getClientConfig = endpoint({
  area: 'web-session',
  method: 'GET',
  path: '/config',
  operationId: 'getClientConfig',
  summary: 'What an interface has to know of this registry.',
  rule: { kind: 'anyone', always: true },
  scope: null,
  undocumented: true,
  responses: {
    200: z.object({
      config: z.record(z.string(), z.unknown()),
      features: z.record(z.string(), z.boolean()),
      oauth: z.object({}),
      external_login: z.array(
        z.object({ id: z.string(), title: z.string(), config: z.object({}), icon: z.string() }),
      ),
      registry_state: z.enum(['normal', 'readonly']),
      account_recovery_mode: z.boolean(),
      version_number: z.string(),
    }),
  },
})
