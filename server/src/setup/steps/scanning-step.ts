import { ScanningValues } from '../../contract/setup-steps.ts'
import type { Step } from '../step.ts'
import { checkScanning } from './scanning-check.ts'

export const scanningStep: Step<'scanning'> = {
  id: 'scanning',
  schema: ScanningValues,
  defaults: () => Promise.resolve({ kind: 'none' }),
  check: checkScanning,
  summary: (values) => [
    { label: 'Scanner', value: values.kind === 'none' ? 'none' : `Clair at ${values.url}` },
  ],
}
