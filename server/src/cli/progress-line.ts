import { sizeText } from './size-text.ts'

export interface ShownProgress {
  readonly phase: string
  readonly done: number
  readonly total: number
  readonly current: string
  readonly rate: number
  readonly eta: number | null
}

const barWidth = 24
const everyMs = 2_000

/** Progress on standard error: a bar where somebody looks, else a line now and then. */
export function progressLine({ quiet }: { readonly quiet: boolean }) {
  const isTerminal = process.stderr.isTTY
  let latest: ShownProgress | undefined
  const write = () => {
    if (latest === undefined || quiet) return
    const text = describeProgress(latest)
    process.stderr.write(isTerminal ? `\r\u001b[2K${text}` : `${text}\n`)
  }
  const timer = setInterval(write, isTerminal ? everyMs / 8 : everyMs)
  timer.unref()
  return {
    show(progress: ShownProgress): void {
      latest = progress
    },
    end(): void {
      clearInterval(timer)
      if (isTerminal && latest !== undefined && !quiet) process.stderr.write('\r\u001b[2K')
    },
  }
}

function describeProgress({ phase, done, total, rate, eta }: ShownProgress): string {
  if (total === 0) return phase
  const share = Math.min(1, done / total)
  const filled = Math.round(share * barWidth)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(barWidth - filled)}]`
  const left = eta === null ? '' : `, ${String(eta)} s left`
  const speed = rate > 0 ? `, ${sizeText(rate)}/s` : ''
  return `${phase} ${bar} ${String(Math.floor(share * 100))} %, ${sizeText(done)} of ${sizeText(total)}${speed}${left}`
}
