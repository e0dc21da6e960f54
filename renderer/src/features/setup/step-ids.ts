import type { StepId as Id } from '@mooring/server/contract/setup-steps'

/** In their order; the server's own list would bring its whole library of schemas along. */
export const stepIds = [
  'welcome',
  'identity',
  'network',
  'certificates',
  'storage',
  'admin',
  'mirrors',
  'scanning',
] as const satisfies readonly Id[]
