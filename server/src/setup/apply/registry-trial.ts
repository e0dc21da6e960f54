import { createHash } from 'node:crypto'
import { Agent, request, type RequestOptions } from 'node:https'
import { isIP } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { checkServerIdentity } from 'node:tls'
import { gzipSync } from 'node:zlib'

export interface TrialTarget {
  /** Name or address to connect to. */
  readonly host: string
  readonly port: number
  /** What the certificate has to say. */
  readonly nameInCertificate: string
  /** The only authorities that are trusted, PEM. */
  readonly ca: readonly string[]
}

interface Trial {
  readonly target: TrialTarget
  readonly login: { readonly username: string; readonly password: string }
  readonly repository: string
  readonly signal: AbortSignal
}

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

const patienceMs = 30_000
const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** What a client does with a registry, as one would do it. @throws Error that says which part failed */
export async function registryTrial({ target, login, repository, signal }: Trial): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const call = caller(target, agent, signal)
  const base = `/v2/${repository}`
  try {
    const challenge = await call('GET', '/v2/')
    expect('the version check', challenge, 401)
    const bearer = { authorization: `Bearer ${await signIn(call, challenge, login, repository)}` }

    const layer = gzipSync(Buffer.alloc(1_024))
    const config = Buffer.from(
      JSON.stringify({
        ...{ architecture: 'amd64', os: 'linux' },
        rootfs: { type: 'layers', diff_ids: [digestOf(Buffer.alloc(1_024))] },
      }),
    )
    for (const blob of [layer, config]) {
      const begun = await call('POST', `${base}/blobs/uploads/`, bearer)
      expect('the beginning of an upload', begun, 202)
      const location = new URL(String(begun.headers['location']), 'https://registry')
      location.searchParams.set('digest', digestOf(blob))
      const type = { ...bearer, 'content-type': 'application/octet-stream' }
      const put = await call('PUT', location.pathname + location.search, type, blob)
      expect('the push of a layer', put, 201)
    }
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: described('application/vnd.oci.image.config.v1+json', config),
        layers: [described('application/vnd.oci.image.layer.v1.tar+gzip', layer)],
      }),
    )
    const type = { ...bearer, 'content-type': manifestType }
    expect('the push', await call('PUT', `${base}/manifests/test`, type, manifest), 201)

    const accept = { ...bearer, accept: manifestType }
    const digest = digestOf(manifest)
    const pulled = await call('GET', `${base}/manifests/${digest}`, accept)
    expect('the pull', pulled, 200)
    if (!pulled.body.equals(manifest)) throw new Error('the pull brought something else')
    const blob = await call('GET', `${base}/blobs/${digestOf(layer)}`, bearer)
    expect('the pull of a layer', blob, 200)
    if (!blob.body.equals(layer)) throw new Error('the pull of a layer brought something else')
    expect('the deletion', await call('DELETE', `${base}/manifests/${digest}`, bearer), 202)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${target.host} port ${target.port}: ${reason}`, { cause: error })
  } finally {
    agent.destroy()
  }
}

async function signIn(
  call: Call,
  challenge: Answer,
  { username, password }: Trial['login'],
  repository: string,
): Promise<string> {
  const service = /service="([^"]*)"/.exec(String(challenge.headers['www-authenticate']))?.[1] ?? ''
  const query = new URLSearchParams({ service, scope: `repository:${repository}:push,pull,delete` })
  const basic = Buffer.from(`${username}:${password}`).toString('base64')
  const answer = await call('GET', `/v2/auth?${query.toString()}`, {
    authorization: `Basic ${basic}`,
  })
  expect('the sign-in', answer, 200)
  const { token } = JSON.parse(answer.body.toString('utf8')) as { token?: unknown }
  if (typeof token !== 'string') throw new Error('the sign-in brought no token')
  return token
}

type Call = ReturnType<typeof caller>

function caller(
  { host, port, ca, nameInCertificate }: TrialTarget,
  agent: Agent,
  stop: AbortSignal,
) {
  const options: RequestOptions = {
    ...{ host, port, agent },
    ca: [...ca],
    // An authority of the company may itself be certified by one that nobody gave us.
    allowPartialTrustChain: true,
    ...(isIP(nameInCertificate) === 0 && { servername: nameInCertificate }),
    checkServerIdentity: (_host, certificate) =>
      checkServerIdentity(nameInCertificate, certificate),
  }
  return async (
    method: string,
    target: string,
    headers: Readonly<Record<string, string>> = {},
    body?: Buffer,
  ): Promise<Answer> => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(patienceMs)])
    const length = { 'content-length': String(body?.length ?? 0) }
    return new Promise((resolve, reject) => {
      const req = request(
        { ...options, method, path: target, headers: { ...headers, ...length }, signal },
        (res) => {
          buffer(res).then((content) => {
            resolve({ status: res.statusCode ?? 0, headers: res.headers, body: content })
          }, reject)
        },
      )
      req.on('error', reject)
      req.end(body)
    })
  }
}

function expect(what: string, { status, body }: Answer, wanted: number): void {
  if (status === wanted) return
  throw new Error(`${what} was answered ${status}: ${body.toString('utf8').slice(0, 300)}`)
}

function described(mediaType: string, content: Buffer) {
  return { mediaType, digest: digestOf(content), size: content.length }
}

function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
