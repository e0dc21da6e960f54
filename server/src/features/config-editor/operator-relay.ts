import type { Environment } from '../../config/config.ts'
import type { ParsedBundle } from './bundle-json.ts'
import { certsJson } from './bundle-json.ts'
import { fieldGroups } from './field-groups.ts'
import { createHttpChecks, type HttpAnswer } from './live/http-checks.ts'
import { bundleTrust } from './live/trust.ts'

const ofTheCluster = new Set(['service-ca.crt', 'ca-bundle.crt'])

/** Hands a bundle to the operator that deployed this editor, without what the operator manages. */
export function postToOperator(
  endpoint: string,
  bundle: ParsedBundle,
  env: Environment,
): Promise<HttpAnswer> {
  const managed = fieldGroups
    .filter(({ name }) => name !== 'HostSettings' && bundle.managedFieldGroups.includes(name))
    .flatMap(({ fields }) => Object.keys(fields))
  const config = Object.entries(bundle.config).filter(([key]) => !managed.includes(key))
  const certs = new Map([...bundle.certs].filter(([name]) => !ofTheCluster.has(name)))
  const body = JSON.stringify({
    quayRegistryName: env['QUAY_REGISTRY'] ?? env['MY_POD_NAME'] ?? '',
    namespace: env['MY_POD_NAMESPACE'] ?? '',
    'config.yaml': Object.fromEntries(config),
    certs: certsJson(certs),
  })
  return createHttpChecks(bundleTrust(bundle.certs)).ask(
    `${endpoint.replace(/\/$/, '')}/reconfigure`,
    {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body,
    },
  )
}
