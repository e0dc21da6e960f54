import type { EstimateLine } from '@mooring/server/contract/setup-content'
import type { Setup } from './setup.svelte.ts'

type Content = Extract<EstimateLine, { kind: 'content' }>
type Total = Extract<EstimateLine, { kind: 'total' }>

/** How much the chosen content is, as the upstreams say. */
export class ContentSizes {
  readonly #setup: Setup
  #stop: AbortController | undefined
  #lines = $state.raw<ReadonlyMap<string, Content>>(new Map())
  total = $state.raw<Total>()
  isAsking = $state(false)
  /** Of these values. */
  print = $state('')

  constructor(setup: Setup) {
    this.#setup = setup
  }

  get lines(): readonly Content[] {
    return [...this.#lines.values()]
  }

  /** @throws what the setup refuses, or that it is not there */
  async ask(values: unknown): Promise<void> {
    this.cancel()
    const stop = new AbortController()
    this.#stop = stop
    this.#lines = new Map()
    this.total = undefined
    this.print = JSON.stringify(values)
    this.isAsking = true
    try {
      await this.#setup.call((client) =>
        client.estimateContent(values, {
          signal: stop.signal,
          onLine: (line) => {
            if (!stop.signal.aborted) this.#take(line)
          },
        }),
      )
    } catch (error) {
      if (!stop.signal.aborted) throw error
    } finally {
      if (this.#stop === stop) this.isAsking = false
    }
  }

  /** What is known so far stays. */
  cancel(): void {
    this.#stop?.abort()
    this.isAsking = false
  }

  #take(line: EstimateLine): void {
    if (line.kind === 'total') this.total = line
    else this.#lines = new Map([...this.#lines, [`${line.upstream}/${line.content}`, line]])
  }
}
