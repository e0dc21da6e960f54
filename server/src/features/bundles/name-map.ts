import { mapName, parseNameRules } from '../../bundles/name-mapping.ts'

/**
 * The name in this registry of `host/org/app`: what the first rule that fits makes of it, else the
 * same name without the host.
 * @throws BundleFault `mapping-invalid`
 */
export function createNameMap(rules: readonly string[]): (name: string) => string {
  const parsed = parseNameRules(rules)
  return (name) => mapName(parsed, name) ?? withoutHost(name)
}

function withoutHost(name: string): string {
  const rest = name.slice(name.indexOf('/') + 1)
  // Docker Hub calls its own images by one word.
  return rest.includes('/') ? rest : `library/${rest}`
}
