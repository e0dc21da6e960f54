import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'

export const applicationKinds = {
  create_application: {
    label: m.admin_log_create_application,
    text: (of) =>
      m.admin_log_create_application_text({
        application: of('application'),
        client_id: of('client_id'),
      }),
  },
  update_application: {
    label: m.admin_log_update_application,
    text: (of) =>
      m.admin_log_update_application_text({
        application: of('application'),
        client_id: of('client_id'),
      }),
  },
  delete_application: {
    label: m.admin_log_delete_application,
    text: (of) =>
      m.admin_log_delete_application_text({
        application: of('application'),
        client_id: of('client_id'),
      }),
  },
  reset_application_client_secret: {
    label: m.admin_log_reset_application_client_secret,
    text: (of) =>
      m.admin_log_reset_application_client_secret_text({ application: of('application') }),
  },
  create_oauth_api_token: {
    label: m.admin_log_create_oauth_api_token,
    text: (of) =>
      m.admin_log_create_oauth_api_token_text({
        token_display_name: of('token_display_name'),
        application: of('application'),
        scope: of('scope'),
      }),
  },
  revoke_oauth_api_token: {
    label: m.admin_log_revoke_oauth_api_token,
    text: (of) => m.admin_log_revoke_oauth_api_token_text({ application: of('application') }),
  },
  oauth_token_assigned: {
    label: m.admin_log_oauth_token_assigned,
    text: (of) =>
      m.admin_log_oauth_token_assigned_text({
        assigning_user: of('assigning_user'),
        application: of('application'),
        assigned_user: of('assigned_user'),
      }),
  },
  oauth_token_revoked: {
    label: m.admin_log_oauth_token_revoked,
    text: () => m.admin_log_oauth_token_revoked_text(),
  },
  service_key_create: {
    label: m.admin_log_service_key_create,
    text: (of) => m.admin_log_service_key_create_text({ key: of('key'), service: of('service') }),
  },
  service_key_approve: {
    label: m.admin_log_service_key_approve,
    text: (of) => m.admin_log_service_key_approve_text({ key: of('key'), service: of('service') }),
  },
  service_key_modify: {
    label: m.admin_log_service_key_modify,
    text: (of) => m.admin_log_service_key_modify_text({ key: of('key'), service: of('service') }),
  },
  service_key_delete: {
    label: m.admin_log_service_key_delete,
    text: (of) => m.admin_log_service_key_delete_text({ key: of('key'), service: of('service') }),
  },
  service_key_extend: {
    label: m.admin_log_service_key_extend,
    text: (of) =>
      m.admin_log_service_key_extend_text({
        key: of('key'),
        service: of('service'),
        old_expires: of('old_expires'),
        expires: of('expires'),
      }),
  },
  service_key_rotate: {
    label: m.admin_log_service_key_rotate,
    text: (of) => m.admin_log_service_key_rotate_text({ key: of('key'), service: of('service') }),
  },
  export_logs_success: {
    label: m.admin_log_export_logs_success,
    text: (of) => m.admin_log_export_logs_success_text({ export_id: of('export_id') }),
  },
  export_logs_failure: {
    label: m.admin_log_export_logs_failure,
    text: (of) => m.admin_log_export_logs_failure_text({ error: of('error') }),
  },
} as const satisfies LogKinds
