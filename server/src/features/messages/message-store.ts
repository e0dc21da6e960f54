import type { Generated } from 'kysely'

/** What superusers tell everybody. */
export interface MessageTable {
  id: Generated<number>
  uuid: string
  content: string
  severity: 'info' | 'warning' | 'error'
  media_type: 'text/plain' | 'text/markdown'
}
