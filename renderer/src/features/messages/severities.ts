import { m } from '../../paraglide/messages.js'

export type Severity = 'info' | 'warning' | 'error'

export const severityNames = {
  info: m.admin_messages_info,
  warning: m.admin_messages_warning,
  error: m.admin_messages_error,
} as const

export const severityTones = { info: 'info', warning: 'warning', error: 'danger' } as const
