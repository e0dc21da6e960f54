import type { TestLine } from '../contract/setup.ts'
import { systemClock, type Clock, type Instant } from '../platform/clock.ts'
import type { Probe, ProbeContext } from './probe.ts'

/** What tests hand to a check, and what they read off its lines. */
export const testContext = (clock: Clock = systemClock): ProbeContext => ({
  clock,
  signal: new AbortController().signal,
})

export const clockAt = (now: Instant): Clock => ({ now: () => now })

/** The last word of each line. */
export async function linesOf(
  probe: Probe | AsyncIterable<TestLine>,
): Promise<readonly TestLine[]> {
  const lines: TestLine[] = []
  for await (const line of probe) if (line.state !== 'running') lines.push(line)
  return lines
}

/** Of a check with one line. */
export async function lineOf(probe: Probe): Promise<TestLine> {
  const [line] = await linesOf(probe)
  if (line === undefined) throw new Error('the check said nothing')
  return line
}

/** `failed MOOR-NET-001` */
export const verdictOf = ({ state, finding }: TestLine): string =>
  finding === undefined ? state : `${state} ${finding.code}`
