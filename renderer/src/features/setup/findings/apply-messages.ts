import { m } from '../../../paraglide/messages.js'
import type { LineMessage } from './catalog.ts'

/** What a task says that it did; of two that fit, the more exact one first. */
export const applyMessages: readonly LineMessage[] = [
  [m.line_apply_key_waits, 'names', 'end'],
  [m.line_apply_bucket, 'bucket', 'endpoint'],
  [m.line_apply_created, 'username'],
  [m.line_apply_tried, 'host', 'ms'],
  [m.line_apply_works, 'hosts'],
  [m.line_apply_by_address, 'name'],
  [m.line_apply_no_mirrors],
  [m.line_apply_organizations, 'names'],
  [m.line_apply_cache_refused, 'place', 'reason'],
  [m.line_apply_cache, 'place'],
  [m.line_apply_no_scanner],
  [m.line_apply_clair, 'url'],
  [m.line_apply_clair_missing, 'url'],
  [m.line_apply_listening, 'urls'],
  [m.line_apply_closed],
  [m.line_apply_start_desktop],
  [m.line_apply_start_container],
  [m.line_apply_start_systemd],
  [m.line_apply_start_command],
  [m.line_apply_start_none],
  [m.line_apply_certificate, 'names', 'end'],
  [m.line_apply_there, 'username'],
]
