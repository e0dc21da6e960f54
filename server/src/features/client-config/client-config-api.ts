import type { Config } from '../../config/config.ts'
import { getClientConfig } from '../../contract/client-config.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { describeConfig } from './describe-config.ts'

export function clientConfigApi({
  config,
  version,
  isReadOnly,
}: {
  config: Config
  version: string
  isReadOnly: () => boolean
}): readonly ApiRoute[] {
  const described = describeConfig(config, version)
  return [
    route(getClientConfig, () =>
      Promise.resolve({ ...described, registry_state: isReadOnly() ? 'readonly' : 'normal' }),
    ),
  ]
}
