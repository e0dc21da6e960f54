import { stringify } from 'yaml'
import { ImportQuay } from '../../contract/setup.ts'
import { readQuay } from '../quay-import.ts'
import type { SetupService } from '../setup-service.ts'
import { readBody, sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

const bundleBody = 8 * 1024 * 1024

export function quayRoutes(service: SetupService): Readonly<Record<string, Work>> {
  return {
    'POST /import-quay': async (req, res) => {
      const { file } = await readBody(req, ImportQuay, bundleBody)
      const { steps, taken, left } = await readQuay(Buffer.from(file, 'base64'))
      const problems = await service.importAnswers(stringify({ version: 1, ...steps }), null)
      const errors = problems.map(({ step, field, text }) => ({ field: `${step}.${field}`, text }))
      // What is known of a step that somebody has to complete; only the administrator's password
      // and what did not fit can be missing, so nothing here is secret.
      const known = { identity: steps.identity, network: steps.network, admin: steps.admin }
      sendJson(res, 200, { state: await service.view(), errors, known, taken, left })
    },
  }
}
