import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'
import { authorityKeyText, certificateImportedText, workerPausedText } from './log-variants.ts'

export const applianceKinds = {
  certificate_issued: {
    label: m.admin_log_certificate_issued,
    text: (of) => m.admin_log_certificate_issued_text({ names: of('names') }),
  },
  certificate_renewed: {
    label: m.admin_log_certificate_renewed,
    text: (of) => m.admin_log_certificate_renewed_text({ names: of('names') }),
  },
  certificate_names_changed: {
    label: m.admin_log_certificate_names_changed,
    text: (of) =>
      m.admin_log_certificate_names_changed_text({
        old_names: of('old_names'),
        names: of('names'),
      }),
  },
  certificate_imported: {
    label: m.admin_log_certificate_imported,
    text: certificateImportedText,
  },
  certificate_signed: {
    label: m.admin_log_certificate_signed,
    text: (of) => m.admin_log_certificate_signed_text({ names: of('names') }),
  },
  certificate_rolled_back: {
    label: m.admin_log_certificate_rolled_back,
    text: (of) => m.admin_log_certificate_rolled_back_text({ names: of('names') }),
  },
  certificate_request_created: {
    label: m.admin_log_certificate_request_created,
    text: (of) => m.admin_log_certificate_request_created_text({ names: of('names') }),
  },
  certificate_request_discarded: {
    label: m.admin_log_certificate_request_discarded,
    text: () => m.admin_log_certificate_request_discarded_text(),
  },
  certificate_authority_renewed: {
    label: m.admin_log_certificate_authority_renewed,
    text: (of) =>
      m.admin_log_certificate_authority_renewed_text({ fingerprint: of('fingerprint') }),
  },
  certificate_authority_key_exported: {
    label: m.admin_log_certificate_authority_key_exported,
    text: (of) =>
      m.admin_log_certificate_authority_key_exported_text({ authority: of('authority') }),
  },
  certificate_authority_taken_offline: {
    label: m.admin_log_certificate_authority_taken_offline,
    text: (of) =>
      m.admin_log_certificate_authority_taken_offline_text({ authority: of('authority') }),
  },
  certificate_authority_key_stored: {
    label: m.admin_log_certificate_authority_key_stored,
    text: authorityKeyText,
  },
  certificate_authority_passphrase_stored: {
    label: m.admin_log_certificate_authority_passphrase_stored,
    text: () => m.admin_log_certificate_authority_passphrase_stored_text(),
  },
  certificate_authority_passphrase_forgotten: {
    label: m.admin_log_certificate_authority_passphrase_forgotten,
    text: () => m.admin_log_certificate_authority_passphrase_forgotten_text(),
  },
  certificate_authority_rollover_started: {
    label: m.admin_log_certificate_authority_rollover_started,
    text: (of) =>
      m.admin_log_certificate_authority_rollover_started_text({ fingerprint: of('fingerprint') }),
  },
  certificate_authority_rollover_switched: {
    label: m.admin_log_certificate_authority_rollover_switched,
    text: (of) =>
      m.admin_log_certificate_authority_rollover_switched_text({ authority: of('authority') }),
  },
  certificate_authority_rollover_finished: {
    label: m.admin_log_certificate_authority_rollover_finished,
    text: (of) =>
      m.admin_log_certificate_authority_rollover_finished_text({ authority: of('authority') }),
  },
  certificate_authority_rollover_cancelled: {
    label: m.admin_log_certificate_authority_rollover_cancelled,
    text: () => m.admin_log_certificate_authority_rollover_cancelled_text(),
  },
  certificate_trust_added: {
    label: m.admin_log_certificate_trust_added,
    text: (of) =>
      m.admin_log_certificate_trust_added_text({
        fingerprint: of('fingerprint'),
        files: of('files'),
      }),
  },
  certificate_trust_removed: {
    label: m.admin_log_certificate_trust_removed,
    text: (of) =>
      m.admin_log_certificate_trust_removed_text({
        fingerprint: of('fingerprint'),
        files: of('files'),
      }),
  },
  worker_paused: { label: m.admin_log_worker_paused, text: workerPausedText },
  worker_resumed: {
    label: m.admin_log_worker_resumed,
    text: (of) => m.admin_log_worker_resumed_text({ worker: of('worker') }),
  },
  kiosk_pin_changed: {
    label: m.admin_log_kiosk_pin_changed,
    text: () => m.admin_log_kiosk_pin_changed_text(),
  },
  kiosk_pin_removed: {
    label: m.admin_log_kiosk_pin_removed,
    text: () => m.admin_log_kiosk_pin_removed_text(),
  },
} as const satisfies LogKinds
