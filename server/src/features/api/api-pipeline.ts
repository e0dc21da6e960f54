import type { IncomingMessage } from 'node:http'

import type { z } from 'zod'

import type { Endpoint } from '../../contract/endpoint.ts'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import type { Exchange } from '../../http/exchange.ts'
import { isSoundText, parseJson } from '../../http/parse-json.ts'
import { acceptBody, hasBody, readLimited } from '../../http/request-body.ts'
import { schemaMessage } from '../../http/schema-message.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { SessionControl } from '../sessions/session-control-service.ts'
import { isCsrfToken, type SessionService } from '../sessions/session-service.ts'
import { Reply, type ApiCaller, type ApiRoute } from './api-call.ts'
import type { ApiIdentity } from './api-identity-service.ts'
import type { Authorizer, Grant } from './authorize-service.ts'

export interface ApiSwitches {
  readonly anonymousAccess: boolean
  readonly readOnly: boolean
  /** BROWSER_API_CALLS_XHR_ONLY */
  readonly xhrOnly: boolean
}

export type ApiPipeline = ReturnType<typeof createApiPipeline>

const defaultBodyBytes = 5 * 1024 * 1024
const defaultFormBytes = 64 * 1024

/** One call of the management API from its guards to its answer, in the order of api-shapes 1.4. */
export function createApiPipeline({
  identity,
  authorizer,
  sessions,
  flush,
  switches,
}: {
  identity: ApiIdentity
  authorizer: Authorizer
  sessions: SessionService
  /** Makes what was committed durable. */
  flush: () => Promise<void>
  switches: ApiSwitches
}) {
  return {
    /** Who calls; needed even to tell a caller that something is wrong. */
    async identify(exchange: Exchange, endpoint: Pick<Endpoint, 'basic'> | undefined) {
      const { headers } = exchange.req
      return identity.identify({
        authorization: parseAuthorization(headers.authorization),
        cookies: headers.cookie,
        takesPassword: endpoint?.basic ?? false,
        address: exchange.clientAddress,
      })
    },

    /** The fields of a form; the guards look at it too. @throws Problem `body-too-large` */
    async readForm(
      exchange: Exchange,
      endpoint: Pick<Endpoint, 'form' | 'bodyLimitBytes'> | undefined,
    ): Promise<URLSearchParams> {
      const type = exchange.req.headers['content-type'] ?? ''
      if (!endpoint?.form || !/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(type)) {
        return new URLSearchParams()
      }
      const bytes = await readBytes(exchange, endpoint.bodyLimitBytes ?? defaultFormBytes)
      return new URLSearchParams(bytes.toString('utf8'))
    },

    /** The guards in front of every route. @throws Problem */
    guard(
      exchange: Exchange,
      endpoint: Pick<Endpoint, 'rule' | 'withoutCsrf' | 'whileReadOnly'>,
      caller: ApiCaller,
      session: SessionControl,
      form: URLSearchParams,
    ): void {
      const { req, method } = exchange
      const isRead = method === 'GET' || method === 'HEAD'
      const browser = /mozilla|opera|msie/i.test(req.headers['user-agent'] ?? '')
      if (
        switches.xhrOnly &&
        method === 'GET' &&
        exchange.path.startsWith('/api/') &&
        browser &&
        req.headers['x-requested-with'] !== 'XMLHttpRequest'
      ) {
        throw new Problem('browser-guard')
      }
      const ownSecret = caller.kind === 'oauth' || caller.kind === 'basic'
      if (!isRead && !ownSecret && !endpoint.withoutCsrf) {
        const given =
          singleHeader(req, 'x-csrf-token') ??
          exchange.query.get('_csrf_token') ??
          form.get('_csrf_token') ??
          undefined
        if (!isCsrfToken(session.current, given)) throw new Problem('csrf-invalid')
      }
      const always = 'always' in endpoint.rule && endpoint.rule.always
      if (caller.kind === 'anonymous' && !switches.anonymousAccess && !always) {
        throw new Problem('anonymous-access-off')
      }
      // Quay's API counts HEAD as a write; monitors that ask for the health with it do not.
      const changes = exchange.path.startsWith('/api/') ? method !== 'GET' : !isRead
      if (changes && switches.readOnly && !endpoint.whileReadOnly) {
        throw new Problem('registry-read-only')
      }
    },

    async run(
      exchange: Exchange,
      route: ApiRoute,
      params: Readonly<Record<string, string>>,
      caller: ApiCaller,
      session: SessionControl,
      form: URLSearchParams,
    ): Promise<Reply> {
      const { endpoint } = route
      const { rule } = endpoint
      const query = parseQuery(exchange, endpoint)
      if (endpoint.freshLogin) requireFreshLogin(caller, session)
      // About an organization or as superuser the body is looked at first, elsewhere the right.
      const bodyFirst = rule.kind !== 'repository' && rule.kind !== 'user'
      const early = bodyFirst ? await readBody(exchange, endpoint, form) : undefined
      const grant = await authorizer.authorize(caller, {
        rule,
        scope: endpoint.scope,
        isRead: endpoint.method === 'GET',
        params,
      })
      if (grant.kind === 'missing') return new Reply(200, null)
      const body = bodyFirst ? early : await readBody(exchange, endpoint, form)
      const headers: Record<string, string> = {}
      const actor: Actor = { principal: caller.principal, ip: exchange.clientAddress }
      const call = {
        params,
        query,
        body,
        caller,
        actor,
        session,
        origin: exchange.origin,
        clientAddress: exchange.clientAddress,
        userAgent: exchange.req.headers['user-agent'] ?? '',
        requestId: exchange.requestId,
        signal: exchange.signal,
        header: (name: string) => singleHeader(exchange.req, name.toLowerCase()),
        content: () => acceptBody(exchange),
        setHeader: (name: string, value: string) => void (headers[name] = value),
        ...granted(grant, caller),
      }
      const result = await route.handle(call as never)
      const [usual = '200'] = Object.keys(endpoint.responses)
      const answer = result instanceof Reply ? result : new Reply(Number(usual), result)
      // A page that sends somebody on may have given something out.
      if (endpoint.method !== 'GET' || answer.status === 302) await flush()
      return new Reply(answer.status, answer.body, { ...headers, ...answer.headers })
    },
  }

  function requireFreshLogin(caller: ApiCaller, session: SessionControl): void {
    if (caller.kind === 'anonymous') throw new Problem('unauthenticated')
    if (caller.kind !== 'session' || caller.account.password_hash === null) return
    if (session.current && sessions.isFresh(session.current)) return
    throw new Problem('fresh-login-required')
  }
}

function granted(grant: Grant, caller: ApiCaller): object {
  return grant.kind === 'user' ? { user: grant.user, principal: caller.principal } : { ...grant }
}

function parseQuery(exchange: Exchange, { query }: Endpoint): unknown {
  if (query === undefined) return {}
  const given: Record<string, string> = {}
  for (const name of Object.keys(query.shape)) {
    const value = exchange.query.get(name)
    if (value !== null) given[name] = value
  }
  const unsound = Object.keys(given).find((name) => !isSoundText(given[name] ?? ''))
  const parsed = query.safeParse(given)
  if (parsed.success && unsound === undefined) return parsed.data
  const name = unsound ?? String(parsed.error?.issues[0]?.path[0] ?? '')
  throw new Problem('query-invalid', {
    parameters: { [name]: descriptionOf(query.shape[name]) ?? 'Invalid value' },
  })
}

/** A parameter that may be left out wraps the one that was described. */
function descriptionOf(schema: unknown): string | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined
  const { description, def } = schema as { description?: string; def?: { innerType?: unknown } }
  return description ?? descriptionOf(def?.innerType)
}

async function readBody(
  exchange: Exchange,
  endpoint: Endpoint,
  form: URLSearchParams,
): Promise<unknown> {
  if (endpoint.body === undefined) return undefined
  if (endpoint.form) {
    if (![...form.values()].every(isSoundText)) throw new Problem('body-unreadable')
    return parseBody(endpoint.body, Object.fromEntries(form))
  }
  if (!hasBody(exchange.req) && endpoint.bodyOptional) return undefined
  const type = exchange.req.headers['content-type'] ?? ''
  if (!/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type)) {
    throw new Problem('body-media-type')
  }
  const input = parseJson(await readBytes(exchange, endpoint.bodyLimitBytes ?? defaultBodyBytes))
  if (input === null) throw new Problem('body-missing')
  return parseBody(endpoint.body, input)
}

function parseBody(schema: z.ZodType, input: unknown): unknown {
  const parsed = schema.safeParse(input)
  if (!parsed.success) {
    throw new Problem('body-invalid', { message: schemaMessage(parsed.error, input) })
  }
  return parsed.data
}

async function readBytes(exchange: Exchange, limitBytes: number): Promise<Buffer> {
  try {
    return await readLimited(exchange.req, limitBytes)
  } catch (error) {
    if (isProblem(error, 'manifest-too-large')) throw new Problem('body-too-large', { limitBytes })
    throw error
  }
}

function singleHeader(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name]
  return typeof value === 'string' ? value : undefined
}
