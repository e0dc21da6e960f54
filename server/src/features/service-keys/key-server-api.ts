import {
  deletePublicKey,
  getPublicKey,
  listPublicKeys,
  putPublicKey,
} from '../../contract/service-keys.ts'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import type { ProblemCode } from '../../problem.ts'
import type { Actor } from '../audit/audit-log.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { Holder, KeyServerService } from './key-server-service.ts'

const plain: readonly ProblemCode[] = ['not-found', 'access-denied']

const refusals = {
  unknown: { status: 404, message: 'Unknown key' },
  unapproved: { status: 409, message: 'The key is not approved' },
  expired: { status: 403, message: 'The key has expired' },
} as const

export function keyServerApi({ keys }: { keys: KeyServerService }): readonly ApiRoute[] {
  return [
    route(listPublicKeys, async ({ params }) => ({ keys: await keys.list(params.service) })),

    route(getPublicKey, async ({ params }) => {
      const found = await keys.get(params.service, params.kid)
      if (found.kind !== 'usable') {
        const { status, message } = refusals[found.kind]
        return reply(status, { message })
      }
      const cacheControl = `max-age=${String(found.maxAgeSeconds)}`
      return reply(200, found.jwk, { 'Cache-Control': cacheControl })
    }),

    route(
      putPublicKey,
      async (call) => {
        const { params, query, body } = call
        const outcome = await keys.put(
          {
            service: params.service,
            kid: params.kid,
            jwk: body,
            expiresAt: query.expiration === undefined ? null : query.expiration * 1_000,
            rotationSeconds: query.rotation ?? null,
          },
          holderOf(call),
        )
        return outcome === 'waits' ? reply(202, undefined) : undefined
      },
      { plain },
    ),

    route(
      deletePublicKey,
      async (call) => {
        await keys.delete(call.params.service, call.params.kid, holderOf(call))
        return undefined
      },
      { plain },
    ),
  ]
}

function holderOf({
  header,
  userAgent,
  actor,
}: {
  readonly header: (name: string) => string | undefined
  readonly userAgent: string
  readonly actor: Actor
}): Holder {
  const authorization = parseAuthorization(header('authorization'))
  const token = authorization.scheme === 'bearer' ? authorization.token : undefined
  return { token, userAgent: userAgent.slice(0, 255), by: actor }
}
