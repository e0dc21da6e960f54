import { MirrorsValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkMirrors } from './mirrors-check.ts'
import { mirrorFaults } from './mirrors-faults.ts'

export const mirrorsStep: Step<'mirrors'> = {
  id: 'mirrors',
  schema: MirrorsValues,
  defaults: () => Promise.resolve({ mode: 'disconnected', upstreams: [] }),
  faults: (values) => Promise.resolve(mirrorFaults(values)),
  check: checkMirrors,
  summary: ({ mode, upstreams }) => [
    { label: 'Mode', value: mode },
    ...(mode === 'disconnected' ? [] : upstreams).map(({ name, url, organization }) => ({
      label: name,
      value: `${url} → ${organization}`,
    })),
  ],
}
