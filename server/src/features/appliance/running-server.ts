import type { Clock, Instant } from '../../platform/clock.ts'

export interface RunningListener {
  readonly name: 'https' | 'http' | 'metrics'
  readonly address: string
  readonly port: number
  readonly family: 'IPv4' | 'IPv6' | 'dual-stack'
  readonly tls: boolean
  readonly isListening: boolean
  readonly connections: number
}

export interface RunningFacts {
  readonly listeners: () => Promise<readonly RunningListener[]>
  readonly traffic: () => { readonly uploads: number; readonly downloads: number }
}

export type RunningServer = ReturnType<typeof createRunningServer>

/** What is known only once the ports are open; nothing in a process that has none. */
export function createRunningServer({ clock }: { clock: Clock }) {
  const startedAt: Instant = clock.now()
  let facts: RunningFacts | undefined
  let isStopping = false

  return {
    startedAt,
    attach(next: RunningFacts): void {
      facts = next
    },
    stopping(): void {
      isStopping = true
    },
    isStopping: (): boolean => isStopping,
    listeners: async (): Promise<readonly RunningListener[]> => (await facts?.listeners()) ?? [],
    traffic: () => facts?.traffic() ?? { uploads: 0, downloads: 0 },
  }
}
