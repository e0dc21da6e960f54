/** Milliseconds since the Unix epoch, in memory and in the database. */
export type Instant = number

export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => Date.now() }
