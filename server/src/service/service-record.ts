import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { ServiceError } from './service-codes.ts'
import type { Places, ServicePlan } from './service-plan.ts'

const common = {
  mode: z.enum(['registry', 'repomirror']).default('registry'),
  scope: z.enum(['system', 'user']),
  supervisor: z.enum(['systemd', 'podman', 'process']),
  name: z.string(),
  dataDir: z.string(),
  configDir: z.string(),
  places: z.object({
    unitFile: z.string(),
    quadletFile: z.string(),
    environmentFile: z.string(),
    recordFile: z.string(),
    dataDir: z.string(),
  }),
}

const Installed = z.discriminatedUnion('form', [
  z.object({ ...common, form: z.literal('program'), node: z.string(), script: z.string() }),
  z.object({
    ...common,
    form: z.literal('container'),
    image: z.string(),
    ports: z.object({ https: z.int(), http: z.int(), metrics: z.int() }),
  }),
])

/** Without the settings, which are in a file of their own and may be secret. */
export function recordOf({ environment: _, ...plan }: ServicePlan): string {
  return `${JSON.stringify(plan, undefined, 2)}\n`
}

/** What was installed here. @throws ServiceError when nothing was. */
export async function readRecord({ recordFile }: Places): Promise<ServicePlan> {
  try {
    return { ...Installed.parse(JSON.parse(await readFile(recordFile, 'utf8'))), environment: {} }
  } catch (error) {
    throw new ServiceError('MOOR-SVC-006', recordFile, { cause: error })
  }
}
