import { readFile } from 'node:fs/promises'
import { fingerprint } from '@mooring/certs'
import { Router } from 'express'

export const authorityPaths: ReadonlySet<string> = new Set([
  '/ca.crt',
  '/.well-known/mooring/ca.crt',
])

/** The public certificate of the authority that clients have to trust; open to everybody. */
export function authorityApi({ certificateFile }: { certificateFile: string }): Router {
  return Router().get([...authorityPaths], async (_req, res, next) => {
    const pem = await readFile(certificateFile, 'utf8').catch(() => undefined)
    if (pem === undefined) {
      next()
      return
    }
    res.set({
      'Content-Type': 'application/x-pem-file',
      'Content-Disposition': 'attachment; filename="mooring-ca.crt"',
      'X-Certificate-Sha256': fingerprint(pem),
    })
    res.send(pem)
  })
}
