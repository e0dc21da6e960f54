import { ScanningValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'

export const scanningStep: Step<'scanning'> = {
  id: 'scanning',
  schema: ScanningValues,
  defaults: () => Promise.resolve({ kind: 'none' }),
  async *check() {},
  summary: (values) => [
    { label: 'Scanner', value: values.kind === 'none' ? 'none' : `Clair at ${values.url}` },
  ],
}
