import { z } from 'zod'

import { AttemptFailure } from '../../contract/mooring-notifications.ts'
import { isRecord, type EventData } from './repo-event.ts'

/** What is kept of an attempt. */
const Attempt = z.object({
  at: z.number(),
  durationMs: z.number(),
  status: z.number().nullable(),
  code: AttemptFailure.nullable(),
  message: z.string().nullable(),
})

export type Attempt = z.output<typeof Attempt>

export function parseAttempts(json: string): readonly Attempt[] {
  const parsed = z.array(Attempt).safeParse(parseJson(json))
  return parsed.success ? parsed.data : []
}

export function parseData(json: string): EventData {
  const parsed = parseJson(json)
  return isRecord(parsed) ? parsed : {}
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json) as unknown
  } catch {
    return undefined
  }
}
