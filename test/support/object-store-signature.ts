import { createHash, createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

interface Keys {
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const largestSkewMs = 15 * 60_000

/** Verifies an AWS signature, version 4, in a header; names what S3 would say, or nothing. */
export function isSigned(
  req: IncomingMessage,
  body: Buffer,
  { accessKey, secretKey, region }: Keys,
): string | undefined {
  const header = req.headers.authorization ?? ''
  const [, id, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
      header,
    ) ?? []
  if (signature === undefined) return 'AccessDenied'
  if (id !== accessKey) return 'InvalidAccessKeyId'
  const at = String(req.headers['x-amz-date'])
  const seconds = at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  if (Math.abs(Date.parse(seconds) - Date.now()) > largestSkewMs) return 'RequestTimeTooSkewed'
  const claimed = String(req.headers['x-amz-content-sha256'])
  if (claimed !== 'UNSIGNED-PAYLOAD' && claimed !== sha256(body)) return 'XAmzContentSHA256Mismatch'
  const [path = '', query = ''] = (req.url ?? '').split('?')
  const canonicalQuery = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => (pair.includes('=') ? pair : `${pair}=`))
    .sort()
    .join('&')
  const headers = names
    .split(';')
    .map((name) => `${name}:${String(req.headers[name] ?? '').trim()}\n`)
    .join('')
  const canonical = [req.method, path, canonicalQuery, headers, names, claimed].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n')
  const dated = hmac(`AWS4${secretKey}`, at.slice(0, 8))
  const key = hmac(hmac(hmac(dated, region), 's3'), 'aws4_request')
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'SignatureDoesNotMatch'
}
