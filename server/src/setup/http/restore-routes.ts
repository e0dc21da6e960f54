import { StartRestore } from '../../contract/setup.ts'
import type { SetupRestore } from '../setup-restore.ts'
import { readBody, sendJson } from './setup-request.ts'
import type { Work } from './setup-work.ts'

const restoreBody = 32 * 1024

export function restoreRoutes(restore: SetupRestore): Readonly<Record<string, Work>> {
  return {
    'GET /restore': (_req, res) => {
      sendJson(res, 200, restore.view())
      return Promise.resolve()
    },
    'POST /restore': async (req, res) => {
      await restore.start(await readBody(req, StartRestore, restoreBody))
      sendJson(res, 202, restore.view())
    },
    'POST /restore/cancel': async (_req, res) => {
      await restore.cancel()
      sendJson(res, 200, restore.view())
    },
  }
}
