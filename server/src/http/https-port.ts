import { listen, swapTls, type Listener, type ListenPlan } from './listen.ts'
import { tlsMaterial, type TlsPair, type TlsSettings } from './tls-options.ts'

export type HttpsPort = ReturnType<typeof createHttpsPort>

/** A port that can be opened only once there is a certificate, and follows it from then on. */
export function createHttpsPort(plan: Omit<ListenPlan, 'tls'>, settings: TlsSettings) {
  let listener: Listener | undefined
  let pair: TlsPair | undefined

  return {
    url: () => listener?.url,

    /** What the next handshakes are shown. */
    use(next: TlsPair): void {
      pair = next
      if (listener !== undefined) swapTls(listener, tlsMaterial(next, settings))
    },

    /** @returns the listener when this call opened it. @throws ListenError */
    async open(): Promise<Listener | undefined> {
      const first = pair
      if (listener !== undefined || first === undefined) return undefined
      const opened = await listen({ ...plan, tls: tlsMaterial(first, settings) })
      listener = opened
      if (pair !== undefined && pair !== first) swapTls(opened, tlsMaterial(pair, settings))
      return opened
    },
  }
}
