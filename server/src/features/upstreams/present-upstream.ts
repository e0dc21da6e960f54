import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import type { ConnectionState } from './connection-service.ts'
import type { UpstreamCheck, UpstreamFacts } from './upstream-facts-service.ts'

export function presentConnection({ since, ...state }: ConnectionState) {
  return { ...state, since: wireDateOrNull(since) }
}

export function presentCheck({ at, ms, code, message }: UpstreamCheck) {
  return { at: wireDate(at), milliseconds: ms, ok: code === null, code, message }
}

export function presentFacts({ allowance, check }: UpstreamFacts) {
  return {
    allowance:
      allowance === undefined
        ? null
        : {
            remaining: allowance.remaining,
            limit: allowance.limit,
            window_seconds:
              allowance.windowMs === null ? null : Math.round(allowance.windowMs / 1_000),
            resets: wireDateOrNull(allowance.resetsAt),
            at: wireDate(allowance.at),
          },
    check: check === undefined ? null : presentCheck(check),
  }
}
