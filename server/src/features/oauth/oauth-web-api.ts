import type { Config } from '../../config/config.ts'
import { describeScope } from '../../contract/oauth-scopes.ts'
import {
  assignOAuthToken,
  authorizeOAuthApplication,
  denyOAuthApplication,
  exchangeOAuthCode,
  requestOAuthAuthorization,
  showLocalOAuthToken,
} from '../../contract/oauth-web.ts'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import { Problem, type ProblemCode } from '../../problem.ts'
import type { Avatars } from '../accounts/avatar.ts'
import { reply, route, type ApiCaller, type ApiRoute } from '../api/api-call.ts'
import type { CodeExchangeService } from './code-exchange-service.ts'
import type {
  ConsentOutcome,
  ConsentRequest,
  ConsentService,
  Person,
  Question,
} from './consent-service.ts'
import type { LocalTokens } from './local-token-service.ts'
import { consentPage, messagePage, tokenPage } from './oauth-pages.ts'

const plain: readonly ProblemCode[] = ['unauthenticated', 'access-denied', 'not-found']

export function oauthWebApi({
  consent,
  codes,
  localTokens,
  avatars,
  config,
}: {
  consent: ConsentService
  codes: CodeExchangeService
  localTokens: LocalTokens
  avatars: Avatars
  config: Pick<Config, 'oauth' | 'interface'>
}): readonly ApiRoute[] {
  const { title } = config.interface

  const missing = (name: string) => reply(400, { error: `Required param: ${name}` })

  function answer(outcome: ConsentOutcome, person: Person) {
    if (outcome.kind === 'invalid') return reply(400, { error: outcome.error })
    const { location, localToken } = outcome
    return reply(302, undefined, {
      Location: location,
      ...(localToken !== undefined && {
        'Set-Cookie': localTokens.cookie(localToken, person.account.uuid),
      }),
    })
  }

  function presentQuestion(request: ConsentRequest, question: Question, csrfToken: string) {
    const { application, organization } = question
    const scopes = question.scopes.map(describeScope)
    return {
      scopes,
      has_dangerous_scopes: scopes.some(({ dangerous }) => dangerous),
      application: {
        name: application.name,
        description: application.description,
        url: application.application_uri,
        avatar: JSON.stringify(avatars.avatar('app', application.name, application.avatar_email)),
        organization: {
          name: organization.username,
          avatar: JSON.stringify(avatars.of(organization)),
        },
      },
      response_type: request.responseType,
      client_id: request.clientId,
      redirect_uri: request.redirectUri,
      scope: request.scope,
      csrf_token_val: csrfToken,
      state: request.state ?? null,
      assignment_uuid: request.assignmentUuid ?? null,
    }
  }

  function presentPage(
    request: ConsentRequest,
    question: Question,
    csrfToken: string,
    person: Person,
  ) {
    const { html, headers } = consentPage({
      title,
      username: person.account.username,
      application: question.application.name,
      description: question.application.description,
      organization: question.organization.username,
      scopes: question.scopes.map(describeScope),
      redirectUri: request.redirectUri,
      fields: {
        client_id: request.clientId,
        redirect_uri: request.redirectUri,
        response_type: request.responseType,
        scope: request.scope,
        ...(request.state !== undefined && { state: request.state }),
        ...(request.assignmentUuid !== undefined && { assignment_uuid: request.assignmentUuid }),
        _csrf_token: csrfToken,
      },
    })
    return reply(200, html, headers)
  }

  return [
    route(
      requestOAuthAuthorization,
      async ({ query, caller, session, origin }) => {
        const person = personOf(caller)
        const absent = (['client_id', 'redirect_uri', 'scope'] as const).find(
          (name) => !query[name],
        )
        if (absent !== undefined) return missing(absent)
        const request = requestOf(query, origin, 'code')
        const outcome = await consent.look(request, person)
        if (outcome.kind !== 'ask') return answer(outcome, person)
        const csrfToken = session.csrfToken()
        return query.format === 'json'
          ? presentQuestion(request, outcome, csrfToken)
          : presentPage(request, outcome, csrfToken, person)
      },
      { plain },
    ),

    route(
      authorizeOAuthApplication,
      async ({ body, caller, origin }) => {
        const request = requestOf(body, origin, '')
        const isDirect = caller.kind === 'basic'
        // A password stands for the session's token with those applications only.
        if (isDirect && !config.oauth.directClientIds.includes(request.clientId)) {
          throw new Problem('csrf-invalid')
        }
        const person = { ...personOf(caller), isDirect }
        return answer(await consent.authorize(request, person), person)
      },
      { plain },
    ),

    route(
      denyOAuthApplication,
      async ({ body, caller, origin }) =>
        answer(await consent.deny(requestOf(body, origin, '')), personOf(caller)),
      { plain },
    ),

    route(
      assignOAuthToken,
      async ({ query, caller, actor, origin }) => {
        const person = personOf(caller)
        const names = ['client_id', 'redirect_uri', 'scope', 'username'] as const
        const absent = names.find((name) => !query[name])
        if (absent !== undefined) return missing(absent)
        const request = requestOf(query, origin, 'token')
        const outcome = await consent.assign(request, query.username ?? '', person, actor)
        if (outcome.kind === 'invalid') return reply(400, { error: outcome.error })
        const message = 'Token assigned successfully'
        if (query.format === 'json') return { message }
        const { html, headers } = messagePage(title, message)
        return reply(200, html, headers)
      },
      { plain },
    ),

    route(exchangeOAuthCode, async ({ body, header }) => {
      const authorization = parseAuthorization(header('authorization'))
      const basic = authorization.scheme === 'basic' ? authorization : undefined
      const given = { ...body, client_id: basic?.username ?? body.client_id }
      const names = ['grant_type', 'client_id', 'redirect_uri', 'code', 'scope'] as const
      const absent = names.find((name) => !given[name])
      if (absent !== undefined) return missing(absent)
      const outcome = await codes.exchange({
        grantType: given.grant_type ?? '',
        clientId: given.client_id ?? '',
        clientSecret: basic?.password ?? body.client_secret ?? '',
        redirectUri: given.redirect_uri ?? '',
        code: given.code ?? '',
        scope: given.scope ?? '',
      })
      if (outcome.kind === 'refused') return reply(400, { error: outcome.error })
      return {
        access_token: outcome.token,
        token_type: 'Bearer' as const,
        expires_in: outcome.lifeSeconds,
        refresh_token: null,
      }
    }),

    route(
      { ...showLocalOAuthToken, path: config.oauth.localHandler },
      ({ query, caller, header, setHeader }) => {
        const { account } = personOf(caller)
        const token = localTokens.read(header('cookie'), account.uuid)
        if (token !== undefined) setHeader('Set-Cookie', localTokens.emptyCookie)
        if (query.format === 'json') return Promise.resolve({ access_token: token ?? null })
        const { html, headers } =
          token === undefined
            ? messagePage(title, 'There is no token to show.')
            : tokenPage(title, token)
        return Promise.resolve(reply(200, html, headers))
      },
      { plain },
    ),
  ]
}

/** Who agrees is somebody in person: a token must not draw another one with wider rights. */
function personOf(caller: ApiCaller): Person {
  if (caller.kind === 'anonymous' || caller.kind === 'oauth') throw new Problem('unauthenticated')
  return { account: caller.account, principal: caller.principal, isDirect: false }
}

interface Fields {
  readonly client_id?: string | undefined
  readonly redirect_uri?: string | undefined
  readonly scope?: string | undefined
  readonly response_type?: string | undefined
  readonly state?: string | undefined
  readonly assignment_uuid?: string | undefined
}

function requestOf(fields: Fields, origin: string, defaultType: string): ConsentRequest {
  return {
    clientId: fields.client_id ?? '',
    redirectUri: fields.redirect_uri ?? '',
    scope: fields.scope ?? '',
    responseType: fields.response_type ?? defaultType,
    state: fields.state || undefined,
    assignmentUuid: fields.assignment_uuid || undefined,
    origin,
  }
}
