import { createHmac } from 'node:crypto'
import type { Clock } from '../../../platform/clock.ts'
import { causeOf } from './cause.ts'
import type { HttpChecks } from './http-checks.ts'

export interface AzureTarget {
  readonly account: string
  readonly container: string
  /** Base64; empty with a token. */
  readonly key: string
  readonly token: string
  /** Empty: Azure's own. */
  readonly endpoint: string
}

const version = '2021-12-02'

/** Whether the properties of a container can be read. */
export async function checkAzure(
  { account, container, key, token, endpoint }: AzureTarget,
  { http, clock }: { http: HttpChecks; clock: Clock },
): Promise<string | undefined> {
  if (key === '' && token === '') {
    return 'Could not create credentials for Azure storage. Error: neither azure_account_key nor sas_token is set'
  }
  const base = endpoint === '' ? `https://${account}.blob.core.windows.net` : endpoint
  if (!URL.canParse(base)) {
    return 'Could not create Azure storage client. Error: endpoint_url must be of type URL'
  }
  const url = new URL(base)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${container}`
  url.search = token === '' || key !== '' ? '' : token.replace(/^\?/, '')
  url.searchParams.set('restype', 'container')
  const time = new Date(clock.now()).toUTCString()
  const headers = { 'x-ms-date': time, 'x-ms-version': version }
  try {
    const { status, headers: answer } = await http.ask(url.href, {
      headers: {
        ...headers,
        ...(key !== '' && { Authorization: sharedKey({ account, key, url, time }) }),
      },
    })
    if (status === 200) return undefined
    const code = answer['x-ms-error-code']
    const reason = typeof code === 'string' ? code : `status ${String(status)}`
    return `Could not access container in Azure storage. Error: ${reason}`
  } catch (error) {
    return `Could not access container in Azure storage. Error: ${causeOf(error, key, token)}`
  }
}

/** The signature of a GET of a container's properties. */
function sharedKey(of: {
  readonly account: string
  readonly key: string
  readonly url: URL
  readonly time: string
}): string {
  const { account, key, url, time } = of
  const resource = `/${account}${url.pathname}\nrestype:container`
  const standardHeaders = '\n'.repeat(11)
  const text = `GET\n${standardHeaders}x-ms-date:${time}\nx-ms-version:${version}\n${resource}`
  const proof = createHmac('sha256', Buffer.from(key, 'base64')).update(text).digest('base64')
  return `SharedKey ${account}:${proof}`
}
