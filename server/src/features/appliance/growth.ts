import type { GrowthSampleTable } from './growth-store.ts'

export const dayMs = 86_400_000
const leastDays = 3
const lookBackDays = 30

/** Bytes a week, by the line that fits the last month best; undefined until there are a few days. */
export function growthPerWeek(samples: readonly GrowthSampleTable[]): number | undefined {
  const newest = samples.at(-1)
  if (newest === undefined) return undefined
  const recent = samples.filter(({ day }) => day > newest.day - lookBackDays)
  const oldest = recent[0]
  if (oldest === undefined || newest.day - oldest.day < leastDays) return undefined
  const meanDay = mean(recent.map(({ day }) => day))
  const meanBytes = mean(recent.map(({ content_bytes }) => content_bytes))
  let over = 0
  let under = 0
  for (const { day, content_bytes } of recent) {
    over += (day - meanDay) * (content_bytes - meanBytes)
    under += (day - meanDay) ** 2
  }
  return Math.round((over / under) * 7)
}

/** Days until what is free is taken; undefined while nothing grows. */
export function fullInDays(freeBytes: number, perWeek: number | undefined): number | undefined {
  if (perWeek === undefined || perWeek <= 0) return undefined
  return Math.floor(freeBytes / (perWeek / 7))
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
