import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'
import { unknown } from './log-variants.ts'

export const upstreamKinds = {
  upstreams_disconnected: {
    label: m.mirrors_log_upstreams_disconnected,
    text: (of) =>
      of('reason') === unknown
        ? m.mirrors_log_upstreams_disconnected_text()
        : m.mirrors_log_upstreams_disconnected_why({ reason: of('reason') }),
  },
  upstreams_connected: {
    label: m.mirrors_log_upstreams_connected,
    text: () => m.mirrors_log_upstreams_connected_text(),
  },
} as const satisfies LogKinds
