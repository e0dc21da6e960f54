import type { Output } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import { toInstant } from '../../ui/format.ts'
import type { Tone } from '../../ui/tone.ts'

export type ServiceKey = Output<'GET /api/v1/superuser/keys'>['keys'][number]

export const keyName = ({ name }: ServiceKey) => (name === '' ? m.admin_keys_unnamed() : name)

const dayMs = 86_400_000

/** How near the end of a key is. */
export function expiryTone({ expiration_date: at }: ServiceKey, now: number): Tone {
  const left = (toInstant(at) ?? Infinity) - now
  if (left < 7 * dayMs) return 'danger'
  return left < 30 * dayMs ? 'warning' : 'success'
}

export function approvalText({ approval }: ServiceKey): string {
  if (approval === null) return m.admin_keys_awaiting()
  if (approval.approver !== null)
    return m.admin_keys_approved_by({ name: approval.approver.username })
  return approval.approval_type === 'ServiceKeyApprovalType.KEY_ROTATION'
    ? m.admin_keys_rotated()
    : m.admin_keys_automatic()
}
