import type { Readable } from 'node:stream'

import type { z } from 'zod'

import type { Endpoint, PathParams, Responses, Rule } from '../../contract/endpoint.ts'
import type { ProblemCode } from '../../problem.ts'
import type { EffectiveRole, EffectiveTeamRole } from '../access/access-service.ts'
import type { AccountRow } from '../accounts/account-store.ts'
import type { Principal, UserPrincipal } from '../accounts/principal.ts'
import type { TeamRow } from '../accounts/team-store.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { RepositoryRow } from '../repositories/repository-store.ts'
import type { SessionControl } from '../sessions/session-control-service.ts'

/** Who calls, and how that is known. */
export type ApiCaller =
  | { readonly kind: 'anonymous'; readonly principal: Principal & { kind: 'anonymous' } }
  | {
      readonly kind: 'session' | 'oauth' | 'basic'
      readonly principal: UserPrincipal
      readonly account: AccountRow
    }

/** What passing the rule has shown. */
export type Granted<R extends Rule> = R['kind'] extends 'user' | 'superuser'
  ? { readonly user: AccountRow; readonly principal: UserPrincipal }
  : R['kind'] extends 'repository'
    ? {
        readonly repository: RepositoryRow
        readonly namespace: AccountRow
        /** Without what full access and reading everything add. */
        readonly role: EffectiveRole
      }
    : R['kind'] extends 'organization'
      ? { readonly organization: AccountRow; readonly teamRole: EffectiveTeamRole }
      : R['kind'] extends 'team'
        ? {
            readonly organization: AccountRow
            readonly team: TeamRow
            readonly teamRole: EffectiveTeamRole
          }
        : object

type Output<S> = S extends z.ZodType ? z.output<S> : undefined

interface CallBasics<Params, Query, Body> {
  /** Decoded segments of the path. */
  readonly params: Params
  readonly query: Query
  readonly body: Body
  readonly caller: ApiCaller
  readonly actor: Actor
  readonly session: SessionControl
  /** `scheme://host[:port]` as the client reached us. */
  readonly origin: string
  readonly clientAddress: string
  readonly userAgent: string
  readonly requestId: string
  readonly signal: AbortSignal
  /** A header of the request, for the few calls that have more in one. */
  readonly header: (name: string) => string | undefined
  /** The bytes of the body, where the endpoint takes bytes. */
  readonly content: () => Readable
  /** Adds a header to the answer. */
  readonly setHeader: (name: string, value: string) => void
}

export type Call<E extends Endpoint> =
  E extends Endpoint<infer R, z.ZodObject, infer Q, infer B, Responses, infer Path>
    ? CallBasics<PathParams<Path>, z.output<Q>, Body<E, B>> & Granted<R>
    : never

type Body<E, B> = E extends { readonly bodyOptional: true } ? Output<B> | undefined : Output<B>

/** An answer with a status other than the endpoint's first, or with headers. */
export class Reply<Value = unknown> {
  readonly status: number
  readonly body: Value
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, body: Value, headers: Readonly<Record<string, string>> = {}) {
    this.status = status
    this.body = body
    this.headers = headers
  }
}

export function reply<Value>(
  status: number,
  body: Value,
  headers?: Readonly<Record<string, string>>,
): Reply<Value> {
  return new Reply(status, body, headers)
}

type AnswerBody<A extends Responses> = {
  [S in keyof A]: A[S] extends z.ZodType ? z.input<A[S]> : undefined
}[keyof A]

export type Handler<E extends Endpoint> =
  E extends Endpoint<Rule, z.ZodObject, z.ZodObject, z.ZodType | undefined, infer A>
    ? (call: Call<E>) => Promise<AnswerBody<A> | Reply<AnswerBody<A>>>
    : never

export interface ApiRoute {
  readonly endpoint: Endpoint
  readonly handle: (call: never) => Promise<unknown>
  /** Problems that this route answers as `{"message"}` instead of the problem document. */
  readonly plain: readonly ProblemCode[]
}

/** Binds the work to its row of the contract. */
export function route<E extends Endpoint>(
  endpoint: E,
  handle: Handler<E>,
  { plain = [] }: { plain?: readonly ProblemCode[] } = {},
): ApiRoute {
  return { endpoint: endpoint, handle, plain }
}
