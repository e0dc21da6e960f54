export interface Measured {
  readonly name: string
  /** How much the answer lists: what its cost may follow. */
  readonly entries: number
  readonly medianMs: number
  /** What a call costs the server: also where the machine has other things to do. */
  readonly cpuMs: number
}

/** Cost that is more than this much times what is expected, and so much besides, has grown. */
const noise = { factor: 1.5, ms: 5 }

/** Items of lists and of objects that hold objects by name, however deep. */
export function entriesOf(answer: unknown): number {
  if (typeof answer !== 'object' || answer === null) return 0
  const values: unknown[] = Object.values(answer)
  const isCollection =
    Array.isArray(answer) || values.every((one) => typeof one === 'object' && one !== null)
  return values.reduce<number>((sum, one) => sum + entriesOf(one), isCollection ? values.length : 0)
}

/** Costs more than at a tenth of the size, and not because there is more in the answer. */
function hasGrown(small: Measured | undefined, large: Measured): boolean {
  if (small === undefined) return false
  const longer = Math.max(1, large.entries / Math.max(1, small.entries))
  return large.cpuMs > small.cpuMs * longer * noise.factor + noise.ms
}

export function isGood(
  small: readonly Measured[],
  large: readonly Measured[],
  limitMs: number,
): boolean {
  const before = new Map(small.map((one) => [one.name, one]))
  return large.every((one) => one.medianMs <= limitMs && !hasGrown(before.get(one.name), one))
}

export function renderScale(
  small: readonly Measured[],
  large: readonly Measured[],
  limitMs: number,
): string {
  const before = new Map(small.map((one) => [one.name, one]))
  const cell = (value: number | undefined, digits: number) =>
    (value?.toFixed(digits) ?? '').padStart(9)
  const lines = large.map((one) => {
    const tenth = before.get(one.name)
    const times = [tenth?.medianMs, one.medianMs, tenth?.cpuMs, one.cpuMs]
    const cells = [
      ...[tenth?.entries, one.entries].map((count) => cell(count, 0)),
      ...times.map((ms) => cell(ms, 1)),
    ]
    const verdict = one.medianMs > limitMs ? 'slow' : hasGrown(tenth, one) ? 'grows' : ''
    return `${cells.join('')} ${verdict.padEnd(6)}${one.name}`
  })
  const titles = ['entries', 'entries', 'ms', 'ms', 'CPU', 'CPU']
  const sizes = titles.map((_, at) => (at % 2 === 0 ? 'a tenth' : 'all'))
  const heads = [titles, sizes].map((row) => row.map((title) => title.padStart(9)).join(''))
  return [...heads, ...lines, `the median at most ${String(limitMs)} ms`].join('\n')
}
