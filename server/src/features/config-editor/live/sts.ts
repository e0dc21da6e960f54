import { createHash, createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Environment } from '../../../config/config.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { S3Keys } from '../live-checks.ts'
import { causeOf } from './cause.ts'
import type { HttpChecks } from './http-checks.ts'

export interface AssumedRole {
  readonly userKeys: S3Keys | undefined
  /** Empty where the environment says it, here and below. */
  readonly roleArn: string
  readonly sessionName: string
  readonly tokenFile: string
}

interface Surroundings {
  readonly http: HttpChecks
  readonly clock: Clock
  readonly env: Environment
  readonly region: string
}

const lifeSeconds = '3600'

/** Keys of a role, from AWS STS. @returns them, or why there are none. */
export async function assumeRole(
  role: AssumedRole,
  around: Surroundings,
): Promise<S3Keys | string> {
  const { env } = around
  const tokenFile = role.tokenFile || (env['AWS_WEB_IDENTITY_TOKEN_FILE'] ?? '')
  const form = new URLSearchParams({
    Version: '2011-06-15',
    RoleArn: role.roleArn || (env['AWS_ROLE_ARN'] ?? ''),
    RoleSessionName: role.sessionName || (env['AWS_ROLE_SESSION_NAME'] ?? 'quay'),
    DurationSeconds: lifeSeconds,
  })
  if (role.userKeys !== undefined) {
    form.set('Action', 'AssumeRole')
    return fetchKeys(form, around, 'Could not fetch credentials from STS.', role.userKeys)
  }
  if (tokenFile === '') {
    return 'Could not create AWS session for STS: neither user keys nor a web identity token file are set'
  }
  try {
    form.set('WebIdentityToken', (await readFile(tokenFile, 'utf8')).trim())
  } catch (error) {
    return `Could not read the STS Web Identity Token File, Error: ${causeOf(error)}`
  }
  form.set('Action', 'AssumeRoleWithWebIdentity')
  return fetchKeys(form, around, 'Could not fetch credentials from STS with Web Identity Token.')
}

async function fetchKeys(
  form: URLSearchParams,
  { http, clock, env, region }: Surroundings,
  failed: string,
  keys?: S3Keys,
): Promise<S3Keys | string> {
  const endpoint = env['AWS_ENDPOINT_URL_STS'] ?? `https://sts.${region}.amazonaws.com`
  const secrets = [keys?.secret, form.get('WebIdentityToken') ?? undefined]
  try {
    const url = new URL('/', endpoint)
    const body = form.toString()
    const signed = keys === undefined ? {} : signature({ url, body, keys, region, clock })
    const { status, text } = await http.ask(url.href, {
      method: 'POST',
      headers: { 'Content-Type': contentType, ...signed },
      body,
    })
    const found = {
      id: within(text, 'AccessKeyId'),
      secret: within(text, 'SecretAccessKey'),
      sessionToken: within(text, 'SessionToken'),
    }
    if (status === 200 && found.id !== '' && found.secret !== '') return found
    return `${failed} Error: ${within(text, 'Message') || `status ${String(status)}`}`
  } catch (error) {
    return `${failed} Error: ${causeOf(error, ...secrets)}`
  }
}

const contentType = 'application/x-www-form-urlencoded; charset=utf-8'

/** AWS Signature Version 4 of a form that is posted. */
function signature(of: {
  readonly url: URL
  readonly body: string
  readonly keys: S3Keys
  readonly region: string
  readonly clock: Clock
}): Readonly<Record<string, string>> {
  const { url, body, keys, region, clock } = of
  const time = new Date(clock.now()).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/${region}/sts/aws4_request`
  const names = 'content-type;host;x-amz-date'
  const headers = `content-type:${contentType}\nhost:${url.host}\nx-amz-date:${time}\n`
  const canonical = ['POST', '/', '', headers, names, digest(body)].join('\n')
  const text = ['AWS4-HMAC-SHA256', time, scope, digest(canonical)].join('\n')
  const key = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${keys.secret}`)
  const proof = hmac(key, text).toString('hex')
  return {
    'X-Amz-Date': time,
    Authorization: `AWS4-HMAC-SHA256 Credential=${keys.id}/${scope}, SignedHeaders=${names}, Signature=${proof}`,
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function within(xml: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? ''
}
