import {
  changeToken,
  createToken,
  deleteToken,
  getTokens,
  listRepoTokens,
} from '../../contract/repo-tokens.ts'
import { route, type ApiRoute } from '../api/api-call.ts'

const gone = () => Promise.resolve({ message: 'Handling of access tokens is no longer supported' })

export function repoTokenApi(): readonly ApiRoute[] {
  return [
    route(listRepoTokens, gone),
    route(createToken, () =>
      Promise.resolve({ message: 'Creation of access tokens is no longer supported' }),
    ),
    route(getTokens, gone),
    route(changeToken, gone),
    route(deleteToken, gone),
  ]
}
