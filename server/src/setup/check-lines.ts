import type { TestLine } from '../contract/setup.ts'

/** What a check came to: each line as it was said last, in the order of their beginnings. */
export async function collectLines(
  check: AsyncIterable<TestLine>,
  onLine: (line: TestLine) => void = () => undefined,
): Promise<readonly TestLine[]> {
  const lines = new Map<string, TestLine>()
  for await (const line of check) {
    lines.set(line.id, line)
    onLine(line)
  }
  return [...lines.values()].filter(({ state }) => state !== 'running')
}
