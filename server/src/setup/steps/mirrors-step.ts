import { MirrorsValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkMirrors } from './mirrors-check.ts'

export const mirrorsStep: Step<'mirrors'> = {
  id: 'mirrors',
  schema: MirrorsValues,
  defaults: () => Promise.resolve({ mode: 'disconnected', upstreams: [] }),
  faults: ({ upstreams }) => {
    const names = upstreams.map(({ name }) => name)
    return Promise.resolve(
      names.flatMap((name, index) =>
        names.indexOf(name) < index
          ? [{ field: `upstreams.${index}.name`, text: 'must differ from the other names' }]
          : [],
      ),
    )
  },
  check: checkMirrors,
  summary: ({ mode, upstreams }) => [
    { label: 'Mode', value: mode },
    ...upstreams.map(({ name, url, organization }) => ({
      label: name,
      value: `${url} → ${organization}`,
    })),
  ],
}
