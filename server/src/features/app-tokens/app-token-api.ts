import { setImmediate as nextTurn } from 'node:timers/promises'

import {
  createAppToken,
  getAppToken,
  listAllAppTokens,
  listAppTokens,
  revokeAppToken,
} from '../../contract/app-tokens.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { AppTokenService, AppTokenWithCode } from './app-token-service.ts'
import type { AppTokenRow } from './app-token-store.ts'

export function appTokenApi({ tokens }: { tokens: AppTokenService }): readonly ApiRoute[] {
  return [
    route(listAppTokens, async ({ query: { expiring }, user }) => {
      const rows = expiring ? await tokens.listExpiring(user.id) : await tokens.list(user.id)
      return { tokens: rows.map(present), only_expiring: expiring ?? null }
    }),

    route(createAppToken, async ({ body, user, actor }) => ({
      token: presentWithCode(await tokens.create(user, body.title, actor)),
    })),

    route(getAppToken, async ({ params, user }) => ({
      token: presentWithCode(await tokens.get(user.id, params.token_uuid)),
    })),

    route(revokeAppToken, async ({ params, user, actor }) => {
      await tokens.revoke(user, params.token_uuid, actor)
      return undefined
    }),

    route(listAllAppTokens, async ({ query: { expiring } }) => {
      const all: AppTokenRow[] = []
      for await (const rows of tokens.listAll()) {
        all.push(...(expiring ? rows.filter((token) => tokens.isExpiring(token)) : rows))
        await nextTurn()
      }
      return { tokens: all.map(present), only_expiring: expiring ?? null }
    }),
  ]
}

function present({ uuid, title, last_accessed, created_at, expiration }: AppTokenRow) {
  return {
    uuid,
    title,
    last_accessed: wireDateOrNull(last_accessed),
    created: wireDate(created_at),
    expiration: wireDateOrNull(expiration),
  }
}

const presentWithCode = ({ token, code }: AppTokenWithCode) => ({
  ...present(token),
  token_code: code,
})
