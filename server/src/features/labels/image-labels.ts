import { z } from 'zod'

import type { KeyAndValue } from './image-life.ts'

const labelLimit = 1_000
const longestKey = 255
const longestValue = 65_536

const Labels = z.object({ config: z.object({ Labels: z.record(z.string(), z.unknown()) }) })

/**
 * The labels that an image brings along: those of its config and, over them, the annotations of its
 * manifest. What no label can be is left out; a config that makes no sense has none.
 */
export function imageLabels(
  config: unknown,
  annotations: Readonly<Record<string, string>>,
): readonly KeyAndValue[] {
  const parsed = Labels.safeParse(config)
  const all = { ...(parsed.success ? parsed.data.config.Labels : {}), ...annotations }
  return Object.entries(all)
    .flatMap(([key, value]) => (typeof value === 'string' ? [{ key, value }] : []))
    .filter(({ key, value }) => {
      return key !== '' && key.length <= longestKey && value.length <= longestValue && isText(value)
    })
    .slice(0, labelLimit)
}

/** PostgreSQL stores no NUL. */
function isText(value: string): boolean {
  return !value.includes('\0')
}

/** A value that is a JSON object or array is said to be JSON. */
export function labelMediaType(value: string): 'application/json' | 'text/plain' {
  if (!/^(?:\{[^]*\}|\[[^]*\])$/.test(value)) return 'text/plain'
  try {
    JSON.parse(value)
    return 'application/json'
  } catch {
    return 'text/plain'
  }
}
