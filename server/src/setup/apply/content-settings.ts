import { plain } from '../../features/outgoing/outgoing-address.ts'
import { createOutgoingService } from '../../features/outgoing/outgoing-service.ts'
import { chosenUpstreams } from '../first-content.ts'
import type { RevealedValues } from '../step.ts'

type OutboundStep = Pick<RevealedValues['network'], 'outbound'>

/** What config.yaml says of mirrors and caches. */
export function contentSettings(
  {
    mirrors,
    network: { outbound },
  }: Pick<RevealedValues, 'mirrors'> & { readonly network: OutboundStep },
  insideHosts: readonly string[],
): Record<string, unknown> {
  if (mirrors.mode === 'disconnected') return {}
  const upstreams = chosenUpstreams(mirrors)
  const isSparse = upstreams.some(({ content }) =>
    content.some(({ architectures }) => architectures.length > 0),
  )
  const limits = new Map<string, number>()
  for (const { url, bandwidthKiBps } of upstreams) {
    const { host } = new URL(url)
    if (bandwidthKiBps === null) continue
    limits.set(host, Math.min(bandwidthKiBps, limits.get(host) ?? Infinity))
  }
  const hosts = [...limits].map(([host, rate]) => [host, `${rate}KiB/s`] as const)
  return {
    FEATURE_REPO_MIRROR: true,
    FEATURE_PROXY_CACHE: true,
    ...(isSparse && { FEATURE_SPARSE_INDEX: true }),
    ...(hosts.length > 0 && { MOORING_UPSTREAM_BANDWIDTH: { hosts: Object.fromEntries(hosts) } }),
    ...(insideHosts.length > 0 && { SSRF_ALLOWED_HOSTS: insideHosts }),
    ...proxySettings(outbound),
  }
}

function proxySettings(outbound: OutboundStep['outbound']): Record<string, string> {
  if (outbound.kind !== 'proxy') return {}
  const { httpProxy, httpsProxy, noProxy } = outbound
  return {
    ...(httpProxy !== null && { HTTP_PROXY: httpProxy }),
    ...(httpsProxy !== null && { HTTPS_PROXY: httpsProxy }),
    ...(noProxy.length > 0 && { NO_PROXY: noProxy.join() }),
  }
}

/**
 * Hosts of upstreams, and of proxies on the way there, that are not on the internet: the registry
 * calls none of those unless it is told so.
 */
export async function hostsInside({
  mirrors,
  network: { outbound },
}: {
  mirrors: RevealedValues['mirrors']
  network: OutboundStep
}): Promise<readonly string[]> {
  const { check } = createOutgoingService({ config: { allowedHosts: [], blockedHosts: [] } })
  const upstreams = chosenUpstreams(mirrors)
  const proxies = [
    ...upstreams.map(({ proxy }) => proxy),
    ...(outbound.kind === 'proxy' && upstreams.length > 0
      ? [outbound.httpProxy, outbound.httpsProxy]
      : []),
  ].filter((proxy) => proxy !== null)
  const urls = [...new Set([...upstreams.map(({ url }) => url), ...proxies])]
  const inside = await Promise.all(
    urls.map(async (url) => ((await check(url)).kind === 'refused' ? plainHost(url) : [])),
  )
  return [...new Set(inside.flat())].sort()
}

const plainHost = (url: string) => [plain(new URL(url).hostname)]
