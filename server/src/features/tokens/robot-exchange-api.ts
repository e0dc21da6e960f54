import { exchangeRobotToken } from '../../contract/oauth-web.ts'
import { parseAuthorization } from '../../http/basic-credentials.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { RobotExchangeService } from './robot-exchange-service.ts'

export function robotExchangeApi({
  robotExchange,
}: {
  robotExchange: RobotExchangeService
}): readonly ApiRoute[] {
  return [
    route(exchangeRobotToken, async ({ header, clientAddress }) => {
      const given = parseAuthorization(header('authorization'))
      if (given.scheme !== 'basic') return reply(401, { error: 'Basic authentication is required' })
      const { username, password } = given
      const outcome = await robotExchange.exchange(username, password, clientAddress)
      return outcome.kind === 'issued'
        ? { token: outcome.token }
        : reply(401, { error: outcome.message })
    }),
  ]
}
