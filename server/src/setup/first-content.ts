import type { ProxySettings } from '../features/mirrors/proxy-address.ts'
import type { RevealedValues } from './step.ts'

export type ChosenUpstream = RevealedValues['mirrors']['upstreams'][number]
export type ChosenContent = ChosenUpstream['content'][number]
type Outbound = RevealedValues['network']['outbound']

/** A site that is disconnected fetches nothing, whatever was typed before. */
export function chosenUpstreams({
  mode,
  upstreams,
}: RevealedValues['mirrors']): readonly ChosenUpstream[] {
  return mode === 'disconnected' ? [] : upstreams
}

/** `host[:port][/path]`, as it stands in front of its repositories. */
export function placeOf({ url }: Pick<ChosenUpstream, 'url'>): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname.replace(/\/+$/, '')}`
}

export function isPlainHttp({ url }: Pick<ChosenUpstream, 'url'>): boolean {
  return new URL(url).protocol === 'http:'
}

/** Its own proxy, else that of the site; what is null is none. */
export function proxyOf(
  { proxy }: Pick<ChosenUpstream, 'proxy'>,
  outbound: Outbound,
): Required<ProxySettings> {
  if (proxy !== null) return { http_proxy: proxy, https_proxy: proxy, no_proxy: null }
  if (outbound.kind !== 'proxy') return { http_proxy: null, https_proxy: null, no_proxy: null }
  const { httpProxy, httpsProxy, noProxy } = outbound
  return {
    ...{ http_proxy: httpProxy, https_proxy: httpsProxy },
    no_proxy: noProxy.length > 0 ? noProxy.join() : null,
  }
}

export function loginOf({ username, password }: Pick<ChosenUpstream, 'username' | 'password'>) {
  return username === '' ? undefined : { username, password: password ?? '' }
}
