import { certificatesIn, fingerprint, toDer, toPkcs7 } from '@mooring/certs'
import { Router } from 'express'

/** What clients have to trust, one PEM text, the authority in use first. */
export type DistributedAuthorities = () => Promise<string | undefined>

interface Form {
  readonly paths: readonly string[]
  readonly type: string
  readonly file: string
  readonly encode: (pem: string) => string | Buffer
}

const forms: readonly Form[] = [
  {
    paths: ['/ca.crt', '/.well-known/mooring/ca.crt'],
    type: 'application/x-pem-file',
    file: 'mooring-ca.crt',
    encode: (pem) => pem,
  },
  // The one in use alone: DER has no place for a second.
  { paths: ['/ca.der'], type: 'application/x-x509-ca-cert', file: 'mooring-ca.der', encode: toDer },
  {
    paths: ['/ca.p7b'],
    type: 'application/x-pkcs7-certificates',
    file: 'mooring-ca.p7b',
    encode: toPkcs7,
  },
]

export const authorityPaths: ReadonlySet<string> = new Set(forms.flatMap(({ paths }) => paths))

/** The public certificates of the authorities that clients have to trust; open to everybody. */
export function authorityApi({ distributed }: { distributed: DistributedAuthorities }): Router {
  const router = Router()
  for (const { paths, type, file, encode } of forms) {
    router.get([...paths], async (_req, res, next) => {
      const pem = await distributed()
      if (pem === undefined) {
        next()
        return
      }
      res.set({
        'Content-Type': type,
        'Content-Disposition': `attachment; filename="${file}"`,
        'Cache-Control': 'no-cache',
        'X-Certificate-Sha256': certificatesIn(pem).map(fingerprint).join(', '),
      })
      res.send(encode(pem))
    })
  }
  return router
}
