import type { Exchange } from '../../http/exchange.ts'
import { isProblem } from '../../problem.ts'
import { isDigest } from '../../storage/digest.ts'
import type { AccountService } from '../accounts/account-service.ts'
import type { RepositoryName } from '../repositories/repository-name.ts'
import type { RepositoryService } from '../repositories/repository-service.ts'
import { isTagName } from '../tags/tag-name.ts'
import type { RegistryGate } from '../tokens/registry-gate.ts'
import type { MissedPulls } from './missed-pull-service.ts'
import type { ProxyCaches } from './proxy-caches-service.ts'
import { upstreamReference } from './upstream-name.ts'

export type MissedPullOci = ReturnType<typeof missedPullOci>

const registryPattern = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i
const longestRegistry = 255

/** Notes pulls of manifests that came to nothing because the image is not here. */
export function missedPullOci({
  missedPulls,
  gate,
  accounts,
  repositories,
  caches,
}: {
  missedPulls: Pick<MissedPulls, 'record'>
  gate: Pick<RegistryGate, 'parseName'>
  accounts: Pick<AccountService, 'findNamespace'>
  repositories: Pick<RepositoryService, 'find'>
  caches: Pick<ProxyCaches, 'find'>
}) {
  /** A caller without rights cannot be told that nothing is there, so it is looked up. */
  async function isMissing(exchange: Exchange, name: RepositoryName, error: unknown) {
    if (isProblem(error, 'access-denied')) {
      // How every client begins, to learn where the token service is.
      if (exchange.req.headers.authorization === undefined) return false
      return (await repositories.find(name.fullName)) === undefined
    }
    return (
      isProblem(error, 'repository-unknown') ||
      isProblem(error, 'tag-expired') ||
      // With a message it is there, but not as the client wants it.
      (isProblem(error, 'manifest-unknown') && error.detail['message'] === undefined)
    )
  }

  /** containerd says which registry it wanted (`ns`); a cache knows its own. */
  async function findUpstream(exchange: Exchange, name: RepositoryName): Promise<string> {
    const registry = exchange.query.get('ns') ?? ''
    if (registry.length <= longestRegistry && registryPattern.test(registry)) {
      return `${registry.toLowerCase()}/${name.fullName}`
    }
    const namespace = await accounts.findNamespace(name.namespace)
    const cache = namespace && (await caches.find(namespace.id))
    return cache === undefined ? '' : upstreamReference(cache.upstream, name)
  }

  return {
    /** Never fails: whatever went wrong with the pull is what the client is told. */
    async note(exchange: Exchange, nameText: string, reference: string, error: unknown) {
      try {
        const isTag = isTagName(reference)
        if (!isTag && !isDigest(reference)) return
        const name = gate.parseName(nameText)
        if (!(await isMissing(exchange, name, error))) return
        const end = `${isTag ? ':' : '@'}${reference}`
        const upstream = await findUpstream(exchange, name)
        missedPulls.record({
          reference: `${name.fullName}${end}`,
          upstream: upstream === '' ? '' : `${upstream}${end}`,
          client: exchange.clientAddress,
        })
      } catch (failure) {
        exchange.log.debug({ err: failure }, 'missed pull not noted')
      }
    },
  }
}
