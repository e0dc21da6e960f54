import { z } from 'zod'

import type { OAuthScope } from './oauth-scopes.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

/**
 * Who may call (permissions.md). Superusers with full access pass every rule about an organization or
 * a repository; global read-only superusers pass where `readers` is true, which is the rule for GET.
 */
export type Rule =
  /** Everybody; without a login only while FEATURE_ANONYMOUS_ACCESS is on, unless `always`. */
  | { readonly kind: 'anyone'; readonly always?: true }
  /** Somebody who is logged in, about what is theirs. */
  | { readonly kind: 'user'; readonly always?: true; readonly unrestricted?: true }
  /** The path names a repository. */
  | {
      readonly kind: 'repository'
      readonly role: 'read' | 'write' | 'admin'
      readonly readers?: boolean
      /** Also without a login while FEATURE_ANONYMOUS_ACCESS is off: the call has its own credentials. */
      readonly always?: true
      /** 503 unless the repository's state is NORMAL, 403 for a restricted user's own namespace. */
      readonly changesContent?: true
      /** What a missing repository is answered with, for whoever would see that it is missing. */
      readonly missing?: 'not-found' | 'null'
    }
  /** The path names an organization. */
  | {
      readonly kind: 'organization'
      readonly role: 'member' | 'admin'
      readonly readers?: boolean
    }
  /** The path names an organization and a team of it: its members, and admins. */
  | { readonly kind: 'team' }
  | {
      readonly kind: 'superuser'
      readonly readers?: boolean
      /** Only with FEATURE_SUPERUSERS_FULL_ACCESS. */
      readonly fullAccess?: true
    }
  /** Decided by the handler, because it depends on what the body or the query names. */
  | { readonly kind: 'handler'; readonly who: string }

/** Names of switches in config.yaml that a route depends on: without them its path is unknown. */
export type Switch = `FEATURE_${string}` | 'PERMANENTLY_DELETE_TAGS'

/** What a route answers with: the body's schema for each status, null for an empty body. */
export type Responses = Readonly<Record<number, z.ZodType | null>>

/**
 * One row of the management API: everything about a route but its work. The router, the checks, the
 * discovery document, the authorization matrix and the fuzz tests are all read off this.
 */
export interface Endpoint<
  R extends Rule = Rule,
  Params extends z.ZodObject = z.ZodObject,
  Query extends z.ZodObject = z.ZodObject,
  Body extends z.ZodType | undefined = z.ZodType | undefined,
  Answers extends Responses = Responses,
  Path extends string = string,
  M extends Method = Method,
> {
  /** Group of routes, which is their tag in the discovery document. */
  readonly area: string
  readonly method: M
  /** `{name}` stands for a segment, `{repository}` for `namespace/name` with any number of slashes. */
  readonly path: Path
  readonly operationId: string
  readonly summary: string
  readonly rule: R
  /** The scope that an OAuth token needs; null: none. */
  readonly scope: OAuthScope | null
  readonly switches?: readonly Switch[]
  /** The password has to have been entered within FRESH_LOGIN_TIMEOUT. */
  readonly freshLogin?: true
  /** Left out of the discovery document unless it is asked for. */
  readonly internal?: true
  /** Never in the discovery document. */
  readonly undocumented?: true
  /** A write that is served while the registry is read-only. */
  readonly whileReadOnly?: true
  /** Needs no CSRF token. */
  readonly withoutCsrf?: true
  /** Further forms that a part of the path must have; another path is unknown. */
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  /** The body is a form of a browser, whose fields are texts; it may carry the CSRF token. */
  readonly form?: true
  /** A name and a password in the header (HTTP Basic) say who calls, as a session does. */
  readonly basic?: true
  /** The body may be left out. */
  readonly bodyOptional?: true
  readonly bodyLimitBytes?: number
  /** The body is bytes, which the handler reads by itself. */
  readonly bytes?: true
  /** The lowest status is the usual one. */
  readonly responses: Answers
}

/** The variable segments of a path. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<Rest>
  : unknown

const _noKeys = z.object({})
type NoKeys = typeof _noKeys

/** Keeps the exact types of an endpoint, which its handler is checked against. */
export function endpoint<
  const R extends Rule,
  Answers extends Responses,
  Params extends z.ZodObject = NoKeys,
  Query extends z.ZodObject = NoKeys,
  Body extends z.ZodType | undefined = undefined,
  const Path extends string = string,
  const M extends Method = Method,
>(
  definition: Endpoint<R, Params, Query, Body, Answers, Path, M>,
): Endpoint<R, Params, Query, Body, Answers, Path, M> {
  return definition
}
