import type { Endpoint, PathParams } from '@mooring/server/contract/endpoint'
import type { z } from 'zod'
import type { Areas } from './areas.ts'

type ExportsOf<Area> = Area extends unknown ? Area[keyof Area] : never
type AnyEndpoint = Extract<ExportsOf<Areas>, { method: string; path: string; rule: object }>

type ByOperation = { [E in AnyEndpoint as `${E['method']} ${E['path']}`]: E }

/** `GET /api/v1/user/`: method and path of a route, as the contract writes them. */
export type Operation = keyof ByOperation

type Parts<K extends Operation> =
  ByOperation[K] extends Endpoint<
    infer _Rule,
    infer _Params,
    infer Query,
    infer Body,
    infer Answers,
    infer Path
  >
    ? { query: Query; body: Body; answers: Answers; path: Path }
    : never

type ParamsInput<K extends Operation> =
  unknown extends PathParams<Parts<K>['path']>
    ? { readonly params?: undefined }
    : { readonly params: PathParams<Parts<K>['path']> }

type QueryValue = string | number | boolean | readonly string[] | undefined
type QueryInput<K extends Operation> = keyof z.input<Parts<K>['query']> extends never
  ? { readonly query?: undefined }
  : { readonly query?: { readonly [N in keyof z.input<Parts<K>['query']>]?: QueryValue } }

type BodyInput<K extends Operation> = Parts<K>['body'] extends z.ZodType
  ? { readonly body: z.input<Parts<K>['body']> }
  : { readonly body?: undefined }

/** What a call is given: the path's variables, the query and the body, as far as the route has them. */
export type Input<K extends Operation> = ParamsInput<K> &
  QueryInput<K> &
  BodyInput<K> & { readonly signal?: AbortSignal }

type Answered<Answers, Status extends number> = Status extends keyof Answers
  ? Answers[Status] extends z.ZodType
    ? z.output<Answers[Status]>
    : undefined
  : never

/** What a call that succeeds answers with. */
export type Output<K extends Operation> = Answered<Parts<K>['answers'], 200 | 201 | 202 | 204>

/** A key of these has to be given; without one the whole input may be left out. */
type Needed<T> = { [N in keyof T]-?: object extends Pick<T, N> ? never : N }[keyof T]
export type InputOf<K extends Operation> =
  Needed<Input<K>> extends never ? [input?: Input<K>] : [input: Input<K>]
