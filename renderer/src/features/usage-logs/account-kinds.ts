import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'
import { clientKeyText, loginFailureText, loginText } from './log-variants.ts'

export const accountKinds = {
  account_change_cc: {
    label: m.admin_log_account_change_cc,
    text: () => m.admin_log_account_change_cc(),
  },
  account_change_password: {
    label: m.admin_log_account_change_password,
    text: () => m.admin_log_account_change_password_text(),
  },
  account_change_plan: {
    label: m.admin_log_account_change_plan,
    text: (of) => m.admin_log_account_change_plan_text({ plan: of('plan') }),
  },
  account_convert: {
    label: m.admin_log_account_convert,
    text: () => m.admin_log_account_convert_text(),
  },
  user_create: {
    label: m.admin_log_user_create,
    text: (of) => m.admin_log_user_create_text({ username: of('username') }),
  },
  user_delete: {
    label: m.admin_log_user_delete,
    text: (of) => m.admin_log_user_delete_text({ username: of('username') }),
  },
  user_disable: {
    label: m.admin_log_user_disable,
    text: (of) => m.admin_log_user_disable_text({ username: of('username') }),
  },
  user_enable: {
    label: m.admin_log_user_enable,
    text: (of) => m.admin_log_user_enable_text({ username: of('username') }),
  },
  user_change_email: {
    label: m.admin_log_user_change_email,
    text: (of) =>
      m.admin_log_user_change_email_text({ old_email: of('old_email'), email: of('email') }),
  },
  user_change_password: {
    label: m.admin_log_user_change_password,
    text: (of) => m.admin_log_user_change_password_text({ username: of('username') }),
  },
  user_change_name: {
    label: m.admin_log_user_change_name,
    text: (of) => m.admin_log_user_change_name_text({ old_username: of('old_username') }),
  },
  user_change_invoicing: {
    label: m.admin_log_user_change_invoicing,
    text: () => m.admin_log_user_change_invoicing_text(),
  },
  user_change_tag_expiration: {
    label: m.admin_log_user_change_tag_expiration,
    text: (of) => m.admin_log_user_change_tag_expiration_text({ window: of('window') }),
  },
  user_change_metadata: {
    label: m.admin_log_user_change_metadata,
    text: (of) => m.admin_log_user_change_metadata_text({ profile: of('profile') }),
  },
  user_generate_client_key: {
    label: m.admin_log_user_generate_client_key,
    text: clientKeyText,
  },
  create_robot: {
    label: m.admin_log_create_robot,
    text: (of) => m.admin_log_create_robot_text({ robot: of('robot') }),
  },
  delete_robot: {
    label: m.admin_log_delete_robot,
    text: (of) => m.admin_log_delete_robot_text({ robot: of('robot') }),
  },
  regenerate_robot_token: {
    label: m.admin_log_regenerate_robot_token,
    text: (of) => m.admin_log_regenerate_robot_token_text({ robot: of('robot') }),
  },
  create_robot_federation: {
    label: m.admin_log_create_robot_federation,
    text: (of) => m.admin_log_create_robot_federation_text({ robot: of('robot') }),
  },
  delete_robot_federation: {
    label: m.admin_log_delete_robot_federation,
    text: (of) => m.admin_log_delete_robot_federation_text({ robot: of('robot') }),
  },
  federated_robot_token_exchange: {
    label: m.admin_log_federated_robot_token_exchange,
    text: (of) =>
      m.admin_log_federated_robot_token_exchange_text({
        issuer: of('issuer'),
        subject: of('subject'),
        robot: of('robot'),
      }),
  },
  login_success: {
    label: m.admin_log_login_success,
    text: loginText,
  },
  login_failure: {
    label: m.admin_log_login_failure,
    text: loginFailureText,
  },
  logout_success: {
    label: m.admin_log_logout_success,
    text: () => m.admin_log_logout_success_text(),
  },
  create_app_specific_token: {
    label: m.admin_log_create_app_specific_token,
    text: (of) => m.admin_log_create_app_specific_token_text({ title: of('title') }),
  },
  revoke_app_specific_token: {
    label: m.admin_log_revoke_app_specific_token,
    text: (of) => m.admin_log_revoke_app_specific_token_text({ title: of('title') }),
  },
} as const satisfies LogKinds
