import type { Instant } from '../../platform/clock.ts'

const zoned = (instant: Instant) => new Date(instant).toUTCString()

/** RFC 2822 in UTC with a numeric zone: `Tue, 04 Jan 2022 20:45:26 -0000` (api-shapes, 1.8). */
export function wireDate(instant: Instant): string {
  return zoned(instant).replace('GMT', '-0000')
}

export function wireDateOrNull(instant: Instant | null): string | null {
  return instant === null ? null : wireDate(instant)
}

/** RFC 1123, as service keys use it: `Tue, 04 Jan 2022 20:45:26 GMT`. */
export const wireHttpDate = zoned

/** ISO 8601 with `Z`, as OAuth application tokens use it. */
export function wireIsoDate(instant: Instant): string {
  return new Date(instant).toISOString()
}
