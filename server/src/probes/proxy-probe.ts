import { hostOfUrl, openConnection, portOfUrl, ProxyRefusal, type Target } from './connections.ts'
import { fine, inUrl, probing, reasonOf, wrong, type Probe, type ProbeContext } from './probe.ts'

/** Whether a proxy connects to where mirrors will go. */
export function probeProxy(
  { proxy, target }: { readonly proxy: URL; readonly target: Target },
  context: ProbeContext,
): Probe {
  const to = `${inUrl(target.host)}:${target.port}`
  const trying = `Asking ${proxy.host} for ${to}`
  return probing(context, `proxy:${proxy.host}:${to}`, trying, async () => {
    const facts = { proxy: proxy.host, target: to }
    try {
      const socket = await openConnection(target, { proxy, signal: context.signal })
      socket.destroy()
      return fine(`${proxy.host} connects to ${to}`, facts)
    } catch (error) {
      const code = error instanceof ProxyRefusal ? 'MOOR-NET-013' : 'MOOR-NET-012'
      return wrong(code, { ...facts, reason: reasonOf(error) })
    }
  })
}

/** Whether anything listens there, where nothing says yet what it should connect to. */
export function probeProxyItself({ proxy }: { readonly proxy: URL }, context: ProbeContext): Probe {
  return probing(context, `proxy:${proxy.host}`, `Connecting to ${proxy.host}`, async () => {
    const itself = { host: hostOfUrl(proxy), port: portOfUrl(proxy) }
    try {
      const socket = await openConnection(itself, { signal: context.signal })
      socket.destroy()
      return fine(`${proxy.host} answers`, { proxy: proxy.host })
    } catch (error) {
      return wrong('MOOR-NET-012', { proxy: proxy.host, reason: reasonOf(error) })
    }
  })
}
