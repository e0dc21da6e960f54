import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import type { Tone } from '../../ui/tone.ts'

export type Delivery =
  Output<'GET /api/v1/mooring/repository/{repository}/notification/{uuid}/deliveries'>['deliveries'][number]
export type Attempt = Delivery['attempts'][number]

const states: Readonly<Record<Delivery['state'], { label: () => string; tone: Tone }>> = {
  waiting: { label: m.notify_delivery_waiting, tone: 'info' },
  delivered: { label: m.notify_delivery_delivered, tone: 'success' },
  failed: { label: m.notify_delivery_failed, tone: 'danger' },
  filtered: { label: m.notify_delivery_filtered, tone: 'neutral' },
  skipped: { label: m.notify_delivery_skipped, tone: 'neutral' },
}

export const deliveryLabel = (state: Delivery['state']) => states[state].label()
export const deliveryTone = (state: Delivery['state']) => states[state].tone

const failures: Readonly<Record<NonNullable<Attempt['code']>, () => string>> = {
  status: m.notify_failure_status,
  timeout: m.notify_failure_timeout,
  unreachable: m.notify_failure_unreachable,
  tls: m.notify_failure_tls,
  refused: m.notify_failure_refused,
  template: m.notify_failure_template,
  mail: m.notify_failure_mail,
  mailing_off: m.notify_failure_mailing_off,
  target_gone: m.notify_failure_target_gone,
  unreadable: m.notify_failure_unreadable,
  unknown: m.notify_failure_unknown,
}

/** How an attempt ended. */
export function attemptText({ status, code }: Attempt): string {
  if (status !== null) {
    return status >= 300 && status < 400
      ? m.notify_redirected({ status })
      : m.notify_answered({ status })
  }
  return code === null ? m.notify_accepted() : failures[code]()
}

/** What the server's own sentence adds to that. */
export const attemptDetail = ({ code, message }: Attempt): string | null =>
  code !== null && ['tls', 'unreachable', 'template', 'unknown'].includes(code) ? message : null
