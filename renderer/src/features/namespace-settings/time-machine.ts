const seconds = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 } as const

/** `2w` in seconds, as TAG_EXPIRATION_OPTIONS writes durations. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(text) ?? []
  if (count === undefined || unit === undefined) return undefined
  return Number(count) * seconds[unit as keyof typeof seconds]
}

/** What can be chosen: the registry's choices, and what is set now where that is none of them. */
export function timeMachineChoices(options: unknown, current: number): readonly number[] {
  const listed = Array.isArray(options) ? (options as readonly unknown[]) : []
  const offered = listed
    .map((option) => (typeof option === 'string' ? parseDuration(option) : undefined))
    .filter((option) => option !== undefined)
  return [...new Set([...offered, current])].toSorted((a, b) => a - b)
}
