/** What one line of the result says: two medians, and whether their ratio or the first reaches a goal. */
export interface Finding {
  readonly work: string
  readonly unit: string
  readonly mooring: number
  /** The other side; what it is when it is not Distribution stands in `work`. */
  readonly other?: number
  readonly goal: Goal
}

export interface Goal {
  readonly of: 'ratio' | 'value'
  readonly bound: 'at least' | 'at most'
  readonly limit: number
}

export interface Judgement {
  readonly ratio: number | undefined
  readonly reached: boolean
}

export const ratioAtLeast = (limit: number): Goal => ({ of: 'ratio', bound: 'at least', limit })
export const ratioAtMost = (limit: number): Goal => ({ of: 'ratio', bound: 'at most', limit })
export const valueAtMost = (limit: number): Goal => ({ of: 'value', bound: 'at most', limit })

export function judge({ mooring, other, goal }: Finding): Judgement {
  const ratio = other === undefined ? undefined : mooring / other
  const judged = goal.of === 'ratio' ? ratio : mooring
  const reached =
    judged !== undefined &&
    (goal.bound === 'at least' ? judged >= goal.limit : judged <= goal.limit)
  return { ratio, reached }
}

export function renderTable(findings: readonly Finding[], left = 'Mooring'): string {
  const header = ['work', left, 'Distribution', 'ratio', 'goal', '']
  const lines = findings.map((finding) => {
    const { ratio, reached } = judge(finding)
    return [
      finding.work,
      quantity(finding.mooring, finding.unit),
      finding.other === undefined ? '' : quantity(finding.other, finding.unit),
      ratio === undefined ? '' : `${ratio.toFixed(2)}×`,
      goalText(finding.goal, finding.unit),
      reached ? 'ok' : 'below',
    ]
  })
  const rows = [header, ...lines]
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 0 || column > 3
          ? cell.padEnd(widths[column] ?? 0)
          : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [line(header), rule.trimEnd(), ...lines.map(line)].join('\n')
}

function quantity(value: number, unit: string): string {
  const digits = value >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${value.toFixed(digits)} ${unit}`
}

function goalText({ of, bound, limit }: Goal, unit: string): string {
  const sign = bound === 'at least' ? '≥' : '≤'
  return of === 'ratio' ? `${sign} ${limit.toFixed(1)}×` : `${sign} ${limit} ${unit}`
}
