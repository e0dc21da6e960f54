import { createQuery } from '@tanstack/svelte-query'
import type { Output } from '../../api/operations.ts'
import type { App } from '../../app/context.ts'
import { m } from '../../paraglide/messages.js'

export type Service = Output<'GET /api/v1/mooring/service'>
export type PausableWork = Service['pauses'][number]['work']

const calmMs = 10_000
const restartingMs = 1_500

/** The server's process, watched closer while it starts anew. */
export class ServiceState {
  /** When the process began that is asked to end; none: nothing was asked. */
  #leaving = $state<string>()
  #isStopped = $state(false)
  readonly #app: App
  readonly query

  constructor(app: App) {
    this.#app = app
    this.query = createQuery(() => ({
      queryKey: ['appliance', 'service'],
      queryFn: async ({ signal }) => {
        const found = await app.client.call('GET /api/v1/mooring/service', { signal })
        this.#arrived(found.started)
        return found
      },
      // Nothing tells how many connect, and nothing can tell that a server starts.
      refetchInterval: this.#leaving === undefined ? calmMs : restartingMs,
      retry: false,
    }))
  }

  get isRestarting(): boolean {
    return this.#leaving !== undefined && !this.#isStopped
  }
  get isStopped(): boolean {
    return this.#isStopped
  }

  async restart(): Promise<void> {
    const started = this.query.data?.started
    await this.#app.client.call('POST /api/v1/mooring/service/restart')
    this.#leaving = started
  }

  async stop(): Promise<void> {
    const started = this.query.data?.started
    await this.#app.client.call('POST /api/v1/mooring/service/stop')
    this.#leaving = started
    this.#isStopped = true
  }

  async setReadOnly(on: boolean, reason: string): Promise<void> {
    await this.#app.client.call('POST /api/v1/mooring/service/readonly', {
      body: { on, ...(reason !== '' && { reason }) },
    })
    // The banner and every page's controls depend on it.
    await Promise.all([
      this.#app.session.load(),
      this.#app.queries.invalidateQueries({ queryKey: ['appliance'] }),
    ])
  }

  async pause(
    work: PausableWork,
    { reason, until }: { reason: string; until: number | null },
  ): Promise<void> {
    await this.#app.client.call('PUT /api/v1/mooring/service/pauses/{work}', {
      params: { work },
      body: {
        ...(reason !== '' && { reason }),
        ...(until !== null && { until: Math.floor(until / 1000) }),
      },
    })
    await this.#app.queries.invalidateQueries({ queryKey: ['appliance'] })
  }

  async resume(work: PausableWork): Promise<void> {
    await this.#app.client.call('DELETE /api/v1/mooring/service/pauses/{work}', {
      params: { work },
    })
    await this.#app.queries.invalidateQueries({ queryKey: ['appliance'] })
  }

  #arrived(started: string): void {
    if (this.#leaving === undefined || this.#leaving === started) return
    this.#leaving = undefined
    this.#isStopped = false
    this.#app.toasts.success(m.service_restarted())
    void this.#app.queries.invalidateQueries()
    void this.#app.session.load()
  }
}
