import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT, type JWK } from 'jose'

/** An OpenID Connect issuer with one key, which counts how often it was asked. */
export async function startIssuer(says: { issuer?: string } = {}) {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' }
  let asked = 0
  const listener: Server = createServer((req, res) => {
    asked++
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: says.issuer ?? url, jwks_uri: `${url}/keys` },
      '/keys': { keys: [jwk] },
    }
    const document = documents[req.url ?? '']
    res.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    res.end(JSON.stringify(document ?? {}))
  })
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${String((listener.address() as AddressInfo).port)}`
  return {
    url,
    asked: () => asked,
    sign: ({ subject = 'job', issuer = url, life = 300, kid = 'one' } = {}) => {
      const now = Math.floor(Date.now() / 1_000)
      return new SignJWT({})
        .setProtectedHeader({ alg: 'RS256', kid })
        .setIssuer(issuer)
        .setSubject(subject)
        .setIssuedAt(now)
        .setExpirationTime(now + life)
        .sign(privateKey)
    },
    stop: () =>
      new Promise<void>((resolve) => {
        listener.close(() => {
          resolve()
        })
      }),
  }
}

export type Issuer = Awaited<ReturnType<typeof startIssuer>>
