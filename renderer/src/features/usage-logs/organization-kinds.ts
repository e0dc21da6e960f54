import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'

export const organizationKinds = {
  org_create: {
    label: m.admin_log_org_create,
    text: (of) => m.admin_log_org_create_text({ namespace: of('namespace') }),
  },
  org_delete: {
    label: m.admin_log_org_delete,
    text: (of) => m.admin_log_org_delete_text({ namespace: of('namespace') }),
  },
  org_change_email: {
    label: m.admin_log_org_change_email,
    text: (of) =>
      m.admin_log_org_change_email_text({ old_email: of('old_email'), email: of('email') }),
  },
  org_change_name: {
    label: m.admin_log_org_change_name,
    text: (of) =>
      m.admin_log_org_change_name_text({ old_name: of('old_name'), new_name: of('new_name') }),
  },
  org_change_invoicing: {
    label: m.admin_log_org_change_invoicing,
    text: () => m.admin_log_org_change_invoicing_text(),
  },
  org_change_tag_expiration: {
    label: m.admin_log_org_change_tag_expiration,
    text: (of) => m.admin_log_org_change_tag_expiration_text({ window: of('window') }),
  },
  org_create_team: {
    label: m.admin_log_org_create_team,
    text: (of) => m.admin_log_org_create_team_text({ team: of('team') }),
  },
  org_delete_team: {
    label: m.admin_log_org_delete_team,
    text: (of) => m.admin_log_org_delete_team_text({ team: of('team') }),
  },
  org_set_team_role: {
    label: m.admin_log_org_set_team_role,
    text: (of) => m.admin_log_org_set_team_role_text({ team: of('team'), role: of('role') }),
  },
  org_set_team_description: {
    label: m.admin_log_org_set_team_description,
    text: (of) => m.admin_log_org_set_team_description_text({ team: of('team') }),
  },
  org_add_team_member: {
    label: m.admin_log_org_add_team_member,
    text: (of) => m.admin_log_org_add_team_member_text({ member: of('member'), team: of('team') }),
  },
  org_remove_team_member: {
    label: m.admin_log_org_remove_team_member,
    text: (of) =>
      m.admin_log_org_remove_team_member_text({ member: of('member'), team: of('team') }),
  },
  org_invite_team_member: {
    label: m.admin_log_org_invite_team_member,
    text: (of) =>
      m.admin_log_org_invite_team_member_text({ invited: of('invited'), team: of('team') }),
  },
  org_delete_team_member_invite: {
    label: m.admin_log_org_delete_team_member_invite,
    text: (of) =>
      m.admin_log_org_delete_team_member_invite_text({ invited: of('invited'), team: of('team') }),
  },
  org_team_member_invite_accepted: {
    label: m.admin_log_org_team_member_invite_accepted,
    text: (of) =>
      m.admin_log_org_team_member_invite_accepted_text({
        member: of('member'),
        team: of('team'),
        inviter: of('inviter'),
      }),
  },
  org_team_member_invite_declined: {
    label: m.admin_log_org_team_member_invite_declined,
    text: (of) =>
      m.admin_log_org_team_member_invite_declined_text({
        member: of('member'),
        team: of('team'),
        inviter: of('inviter'),
      }),
  },
  enable_team_sync: {
    label: m.admin_log_enable_team_sync,
    text: (of) => m.admin_log_enable_team_sync_text({ team: of('team') }),
  },
  disable_team_sync: {
    label: m.admin_log_disable_team_sync,
    text: (of) => m.admin_log_disable_team_sync_text({ team: of('team') }),
  },
  create_prototype_permission: {
    label: m.admin_log_create_prototype_permission,
    text: (of) =>
      m.admin_log_create_prototype_permission_text({ delegate: of('delegate'), role: of('role') }),
  },
  modify_prototype_permission: {
    label: m.admin_log_modify_prototype_permission,
    text: (of) =>
      m.admin_log_modify_prototype_permission_text({ delegate: of('delegate'), role: of('role') }),
  },
  delete_prototype_permission: {
    label: m.admin_log_delete_prototype_permission,
    text: (of) => m.admin_log_delete_prototype_permission_text({ delegate: of('delegate') }),
  },
  create_namespace_autoprune_policy: {
    label: m.admin_log_create_namespace_autoprune_policy,
    text: (of) =>
      m.admin_log_create_namespace_autoprune_policy_text({
        namespace: of('namespace'),
        policy: of('policy'),
      }),
  },
  update_namespace_autoprune_policy: {
    label: m.admin_log_update_namespace_autoprune_policy,
    text: (of) =>
      m.admin_log_update_namespace_autoprune_policy_text({
        namespace: of('namespace'),
        policy: of('policy'),
      }),
  },
  delete_namespace_autoprune_policy: {
    label: m.admin_log_delete_namespace_autoprune_policy,
    text: (of) =>
      m.admin_log_delete_namespace_autoprune_policy_text({ namespace: of('namespace') }),
  },
  create_immutability_policy: {
    label: m.admin_log_create_immutability_policy,
    text: (of) =>
      m.admin_log_create_immutability_policy_text({ place: of('place'), pattern: of('pattern') }),
  },
  update_immutability_policy: {
    label: m.admin_log_update_immutability_policy,
    text: (of) =>
      m.admin_log_update_immutability_policy_text({ place: of('place'), pattern: of('pattern') }),
  },
  delete_immutability_policy: {
    label: m.admin_log_delete_immutability_policy,
    text: (of) => m.admin_log_delete_immutability_policy_text({ place: of('place') }),
  },
  org_create_quota: {
    label: m.admin_log_org_create_quota,
    text: (of) =>
      m.admin_log_org_create_quota_text({ namespace: of('namespace'), limit: of('limit') }),
  },
  org_change_quota: {
    label: m.admin_log_org_change_quota,
    text: (of) =>
      m.admin_log_org_change_quota_text({
        namespace: of('namespace'),
        previous_limit: of('previous_limit'),
        limit: of('limit'),
      }),
  },
  org_delete_quota: {
    label: m.admin_log_org_delete_quota,
    text: (of) => m.admin_log_org_delete_quota_text({ namespace: of('namespace') }),
  },
  org_create_quota_limit: {
    label: m.admin_log_org_create_quota_limit,
    text: (of) =>
      m.admin_log_org_create_quota_limit_text({
        namespace: of('namespace'),
        type: of('type'),
        threshold_percent: of('threshold_percent'),
      }),
  },
  org_change_quota_limit: {
    label: m.admin_log_org_change_quota_limit,
    text: (of) =>
      m.admin_log_org_change_quota_limit_text({
        namespace: of('namespace'),
        type: of('type'),
        threshold_percent: of('threshold_percent'),
      }),
  },
  org_delete_quota_limit: {
    label: m.admin_log_org_delete_quota_limit,
    text: (of) =>
      m.admin_log_org_delete_quota_limit_text({
        namespace: of('namespace'),
        type: of('type'),
        threshold_percent: of('threshold_percent'),
      }),
  },
  create_namespace_notification: {
    label: m.admin_log_create_namespace_notification,
    text: (of) =>
      m.admin_log_create_namespace_notification_text({
        namespace: of('namespace'),
        event: of('event'),
        method: of('method'),
      }),
  },
  delete_namespace_notification: {
    label: m.admin_log_delete_namespace_notification,
    text: (of) =>
      m.admin_log_delete_namespace_notification_text({
        namespace: of('namespace'),
        event: of('event'),
        method: of('method'),
      }),
  },
  reset_namespace_notification: {
    label: m.admin_log_reset_namespace_notification,
    text: (of) =>
      m.admin_log_reset_namespace_notification_text({
        namespace: of('namespace'),
        event: of('event'),
        method: of('method'),
      }),
  },
  take_ownership: {
    label: m.admin_log_take_ownership,
    text: (of) =>
      m.admin_log_take_ownership_text({ superuser: of('superuser'), namespace: of('namespace') }),
  },
} as const satisfies LogKinds
