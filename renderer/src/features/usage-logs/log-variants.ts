import { m } from '../../paraglide/messages.js'
import type { Of } from './log-kind.ts'

/** Kinds whose sentence depends on more than a value. */

export const loginText = (of: Of) =>
  of('type') === 'v2auth'
    ? m.admin_log_login_success_registry({ account: of('login') })
    : m.admin_log_login_success_web({ account: of('login') })

export const loginFailureText = (of: Of) =>
  of('type') === 'v2auth'
    ? m.admin_log_login_failure_registry({ account: of('login'), message: of('message') })
    : m.admin_log_login_failure_web({ account: of('login'), message: of('message') })

export function expirationText(of: Of): string {
  const [tag, repository, before, after] = [
    of('tag'),
    of('repository'),
    of('old_expires'),
    of('expires'),
  ]
  if (after === unknown) return m.admin_log_expiration_removed({ tag, repository })
  return before === unknown
    ? m.admin_log_expiration_set({ tag, repository, after })
    : m.admin_log_expiration_changed({ tag, repository, before, after })
}

export const immutabilityText = (of: Of) =>
  of('immutable') === 'true'
    ? m.admin_log_made_immutable({ tag: of('tag'), repository: of('repository') })
    : m.admin_log_made_mutable({ tag: of('tag'), repository: of('repository') })

/** Recovery codes are a secret beside the password as well. */
export const clientKeyText = (of: Of) =>
  of('recovery_codes') === unknown
    ? m.admin_log_user_generate_client_key_text()
    : m.admin_log_recovery_codes_text()

export const authorityKeyText = (of: Of) =>
  of('encrypted') === 'true'
    ? m.admin_log_authority_key_encrypted()
    : m.admin_log_authority_key_plain()

export const certificateImportedText = (of: Of) =>
  of('source') === 'files'
    ? m.admin_log_certificate_swapped({ names: of('names') })
    : m.admin_log_certificate_imported_text({ names: of('names') })

export const workerPausedText = (of: Of) =>
  of('until_date') === unknown
    ? m.admin_log_worker_paused_text({ worker: of('worker') })
    : m.admin_log_worker_paused_until({ worker: of('worker'), until: of('until_date') })

/** What an entry does not say. */
export const unknown = '–'
