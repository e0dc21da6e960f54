import type { Config } from '../../config/config.ts'
import { withImplied, type OAuthScope } from '../../contract/oauth-scopes.ts'
import type { Db } from '../../db/tables.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Problem } from '../../problem.ts'
import type { AccessService } from '../access/access-service.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { UserPrincipal } from '../accounts/principal.ts'
import type { Actor, AuditLog } from '../audit/audit-log.ts'
import type { NotificationService } from '../notifications/notification-service.ts'
import type { ApplicationService } from './application-service.ts'
import { offeredScopes } from './application-token-service.ts'
import { assignmentPath } from './authorization-service.ts'
import type { ApplicationRow } from './oauth-application-store.ts'
import { oauthGrantStore, type AssignmentRow } from './oauth-grant-store.ts'
import { digestOf, longestLifeSeconds, type OAuthTokenService } from './oauth-token-service.ts'
import { oauthTokenStore } from './oauth-token-store.ts'
import { isRedirectAllowed, parseRedirectUri, withAnswer } from './redirect-uri.ts'

export type ConsentService = ReturnType<typeof createConsentService>

/** What an application asks a person for (RFC 6749, 4.1.1 and 4.2.1). */
export interface ConsentRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly scope: string
  readonly responseType: string
  readonly state: string | undefined
  readonly assignmentUuid: string | undefined
  /** `scheme://host` under which the person reached us. */
  readonly origin: string
}

export interface Person {
  readonly account: AccountRow
  readonly principal: UserPrincipal
  /** It gave its password with the request, to an application that needs not ask. */
  readonly isDirect: boolean
}

/** Where the browser goes next; with the token that our own page is to show there, if it is that. */
export type ConsentOutcome =
  | { readonly kind: 'redirect'; readonly location: string; readonly localToken?: string }
  | { readonly kind: 'invalid'; readonly error: string }

export interface Question {
  readonly kind: 'ask'
  readonly application: ApplicationRow
  readonly organization: AccountRow
  readonly scopes: readonly OAuthScope[]
}

const codeLength = 40
const codeLifeMs = 10 * 60_000
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const answerKinds = ['code', 'token']

/** How a person lets an application act for it (api-shapes, 9.3). */
export function createConsentService({
  db,
  clock,
  random,
  access,
  accounts,
  applications,
  oauthTokens,
  notifications,
  audit,
  config,
}: {
  db: Db
  clock: Clock
  random: Random
  access: AccessService
  accounts: AccountService
  applications: ApplicationService
  oauthTokens: OAuthTokenService
  notifications: NotificationService
  audit: AuditLog
  config: Pick<Config, 'oauth' | 'features' | 'serverHostname' | 'urlScheme' | 'registryState'>
}) {
  const publicOrigin = `${config.urlScheme}://${config.serverHostname}`
  /** The page of ours that shows a token, under our name and under the one that was used. */
  const localHandlers = (origin: string) =>
    [publicOrigin, origin].map((base) => base + config.oauth.localHandler)

  const mayRedirect = (
    application: ApplicationRow | undefined,
    { redirectUri, origin }: ConsentRequest,
  ) =>
    isRedirectAllowed(redirectUri, {
      registered: application?.redirect_uri ?? '',
      localHandlers: localHandlers(origin),
    })

  async function getOwner(application: ApplicationRow): Promise<AccountRow> {
    const owner = await accounts.findById(application.organization_id)
    if (owner === undefined) throw new Problem('not-found')
    return owner
  }

  /** The assignment that a request fits; it makes up for not being an admin. */
  async function findAssignment(
    request: ConsentRequest,
    application: ApplicationRow,
    userId: number,
    scopes: readonly OAuthScope[],
  ): Promise<AssignmentRow | undefined> {
    const { assignmentUuid, responseType, redirectUri } = request
    if (assignmentUuid === undefined || responseType !== 'token') return undefined
    const found = await oauthGrantStore(db).findAssignment(userId, assignmentUuid)
    const fits =
      found?.application_id === application.id &&
      found.redirect_uri === redirectUri &&
      found.response_type === responseType &&
      found.scope === scopes.join(' ')
    return fits ? found : undefined
  }

  async function issue(
    request: ConsentRequest,
    application: ApplicationRow,
    userId: number,
    scopes: readonly OAuthScope[],
    assignment?: AssignmentRow,
  ): Promise<ConsentOutcome> {
    const { redirectUri, state, scope } = request
    if (request.responseType === 'code') {
      const code = random.text(codeLength, alphabet)
      await oauthGrantStore(db).insertCode({
        code_digest: digestOf(code),
        application_id: application.id,
        user_id: userId,
        scope: scopes.join(' '),
        redirect_uri: redirectUri,
        expires_at: clock.now() + codeLifeMs,
      })
      return { kind: 'redirect', location: withAnswer(redirectUri, { code, scope, state }) }
    }
    const { secret } = await db.transaction().execute(async (tx) => {
      if (assignment !== undefined) {
        // Of two who come with it at once one gets the token.
        const isFirst = await oauthGrantStore(tx).deleteAssignment(userId, assignment.uuid)
        if (!isFirst) throw new Problem('not-found')
        await notifications.withdraw(tx, assignmentPath(userId, assignment.uuid))
      }
      return oauthTokens.createToken(tx, {
        applicationId: application.id,
        userId,
        createdById: userId,
        scopes,
      })
    })
    const fragment = {
      access_token: secret,
      token_type: 'Bearer',
      expires_in: String(longestLifeSeconds),
    }
    const location = withAnswer(redirectUri, { scope, state }, fragment)
    const isLocal = localHandlers(request.origin).includes(redirectUri)
    return { kind: 'redirect', location, ...(isLocal && { localToken: secret }) }
  }

  async function hasGranted(
    application: ApplicationRow,
    userId: number,
    scopes: readonly OAuthScope[],
  ): Promise<boolean> {
    const rows = await oauthTokenStore(db).scopesGranted(application.id, userId, clock.now())
    const granted = rows.flatMap(({ scope }) => offeredScopes(scope, config.features) ?? [])
    const all = withImplied(granted)
    return scopes.every((scope) => all.has(scope))
  }

  return {
    /**
     * What the person is to be asked, or where to go without a question.
     * @throws Problem `not-found`, `access-denied`
     */
    async look(request: ConsentRequest, person: Person): Promise<ConsentOutcome | Question> {
      const application = await applications.find(request.clientId)
      if (application === undefined) throw new Problem('not-found')
      const organization = await getOwner(application)
      const scopes = offeredScopes(request.scope, config.features)
      const isAdmin = await access.isNamespaceAdmin(person.principal, organization)
      const assignment =
        scopes && (await findAssignment(request, application, person.account.id, scopes))
      if (!isAdmin && assignment === undefined) throw new Problem('access-denied')
      if (!mayRedirect(application, request)) {
        const error = 'redirect_uri_mismatch'
        return parseRedirectUri(application.redirect_uri) === undefined
          ? { kind: 'invalid', error }
          : { kind: 'redirect', location: withAnswer(application.redirect_uri, { error }) }
      }
      if (scopes === undefined) throw new Problem('not-found')
      if (!answerKinds.includes(request.responseType)) {
        return refuse(request, 'unsupported_response_type')
      }
      const needsNoQuestion =
        assignment === undefined &&
        config.registryState === 'normal' &&
        (await hasGranted(application, person.account.id, scopes))
      return needsNoQuestion
        ? issue(request, application, person.account.id, scopes)
        : { kind: 'ask', application, organization, scopes }
    },

    /** The person agreed. */
    async authorize(request: ConsentRequest, person: Person): Promise<ConsentOutcome> {
      const application = await applications.find(request.clientId)
      if (!mayRedirect(application, request)) {
        return { kind: 'invalid', error: 'invalid_request' }
      }
      if (!answerKinds.includes(request.responseType)) {
        return refuse(request, 'unsupported_response_type')
      }
      if (application === undefined) return refuse(request, 'unauthorized_client')
      const scopes = offeredScopes(request.scope, config.features)
      if (scopes === undefined) return refuse(request, 'invalid_scope')
      const userId = person.account.id
      const assignment = await findAssignment(request, application, userId, scopes)
      const may =
        person.isDirect ||
        assignment !== undefined ||
        (await access.isNamespaceAdmin(person.principal, await getOwner(application)))
      return may
        ? issue(request, application, userId, scopes, assignment)
        : refuse(request, 'access_denied')
    },

    /** The person declined. */
    async deny(request: ConsentRequest): Promise<ConsentOutcome> {
      const application = await applications.find(request.clientId)
      return mayRedirect(application, request)
        ? refuse(request, 'authorization_denied')
        : { kind: 'invalid', error: 'invalid_request' }
    },

    /**
     * An admin prepares a token that somebody else draws.
     * @throws Problem `not-found`, `access-denied`
     */
    async assign(
      request: ConsentRequest,
      username: string,
      admin: Pick<Person, 'account' | 'principal'>,
      by: Actor,
    ): Promise<{ readonly kind: 'done' } | { readonly kind: 'invalid'; readonly error: string }> {
      const application = await applications.find(request.clientId)
      if (application === undefined) throw new Problem('not-found')
      const organization = await getOwner(application)
      if (!(await access.isNamespaceAdmin(admin.principal, organization))) {
        throw new Problem('access-denied')
      }
      if (!mayRedirect(application, request)) {
        return { kind: 'invalid', error: 'redirect_uri_mismatch' }
      }
      if (request.responseType !== 'token') {
        return { kind: 'invalid', error: 'unsupported_response_type' }
      }
      const scopes = offeredScopes(request.scope, config.features)
      const assignee = await accounts.find(username)
      if (scopes === undefined || assignee?.organization !== 0 || assignee.robot === 1) {
        throw new Problem('not-found')
      }
      const uuid = random.uuid()
      await db.transaction().execute(async (tx) => {
        await oauthGrantStore(tx).insertAssignment({
          uuid,
          application_id: application.id,
          assigned_user_id: assignee.id,
          redirect_uri: request.redirectUri,
          scope: scopes.join(' '),
          response_type: request.responseType,
          created_at: clock.now(),
        })
        await notifications.notify(tx, {
          kind: 'assigned_authorization',
          targetId: assignee.id,
          metadata: {
            username: admin.account.username,
            application: application.name,
            organization: organization.username,
          },
          lookupPath: assignmentPath(assignee.id, uuid),
        })
        await audit.recordIn(tx, {
          kind: 'oauth_token_assigned',
          account: organization,
          actor: by,
          metadata: {
            assigning_user: admin.account.username,
            assigned_user: assignee.username,
            application: application.name,
            client_id: application.client_id,
          },
        })
      })
      return { kind: 'done' }
    },
  }
}

function refuse({ redirectUri, state }: ConsentRequest, error: string): ConsentOutcome {
  return { kind: 'redirect', location: withAnswer(redirectUri, { error, state }) }
}
