import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isKeyEncrypted } from '@mooring/certs'
import { SigningRequestView, TakeAuthorityKey } from '../../contract/setup.ts'
import { SetupError } from '../setup-codes.ts'
import type { SetupService, SetupTools } from '../setup-service.ts'
import { requireSigningRequest, setupCertificates } from '../signing-request.ts'
import { readBody, sendJson, sendText } from './setup-request.ts'
import type { Work } from './setup-work.ts'

const keyBody = 128 * 1024
const pemFile = 'application/x-pem-file'

/** What leaves the setup as a file: the signing request, and the key of an authority. */
export function certificateRoutes({
  service,
  machine: { configDir },
  ...tools
}: Pick<SetupTools, 'machine' | 'clock' | 'random' | 'log'> & {
  service: SetupService
}): Readonly<Record<string, Work>> {
  const at = { ...tools, configDir }

  async function namedValues() {
    const { valuesOf } = service.values
    return { identity: await valuesOf('identity'), network: await valuesOf('network') }
  }

  async function requireKeyToTake(): Promise<string> {
    const key = await readFile(path.join(configDir, 'ca.key'), 'utf8').catch(() => '')
    const isWaiting = service.current().created.keyToTake === true && isKeyEncrypted(key)
    if (!isWaiting) throw new SetupError('MOOR-SET-025')
    return key
  }

  return {
    'POST /signing-request': async (_req, res) => {
      const wish = await service.values.valuesOf('certificates')
      if (wish.kind !== 'request') throw new SetupError('MOOR-SET-024')
      const request = await requireSigningRequest(wish, await namedValues(), {
        ...at,
        created: () => service.current().created,
        remember: service.remember,
      })
      const { requestPem, names, createdAt } = request
      const since = new Date(createdAt).toISOString()
      sendJson(res, 200, SigningRequestView.parse({ requestPem, names, createdAt: since }))
    },
    'GET /signing-request': async (_req, res) => {
      const { certificates } = setupCertificates(at, await namedValues())
      const request = await certificates.findRequest()
      if (request === undefined) throw new SetupError('MOOR-SET-024')
      sendText(res, 200, pemFile, request.requestPem, attachment('mooring.csr'))
    },
    'GET /authority-key': async (_req, res) => {
      sendText(res, 200, pemFile, await requireKeyToTake(), attachment('mooring-ca.key'))
    },
    'POST /authority-key/taken': async (req, res) => {
      const taken = await readBody(req, TakeAuthorityKey, keyBody)
      await requireKeyToTake()
      const { authority } = setupCertificates(at, await namedValues())
      await authority.removeKey(taken, { by: 'setup', address: req.socket.remoteAddress })
      await service.remember({ keyToTake: false })
      sendJson(res, 200, await service.applyView())
    },
  }
}

function attachment(name: string): Record<string, string> {
  return { 'Content-Disposition': `attachment; filename="${name}"` }
}
