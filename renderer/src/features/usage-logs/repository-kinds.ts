import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'
import { expirationText, immutabilityText } from './log-variants.ts'

export const repositoryKinds = {
  create_repo: {
    label: m.admin_log_create_repo,
    text: (of) => m.admin_log_create_repo_text({ repository: of('repository') }),
  },
  delete_repo: {
    label: m.admin_log_delete_repo,
    text: (of) => m.admin_log_delete_repo_text({ repository: of('repository') }),
  },
  push_repo: {
    label: m.admin_log_push_repo,
    text: (of) =>
      m.admin_log_push_repo_text({ reference: of('reference'), repository: of('repository') }),
  },
  pull_repo: {
    label: m.admin_log_pull_repo,
    text: (of) =>
      m.admin_log_pull_repo_text({ reference: of('reference'), repository: of('repository') }),
  },
  repo_verb: {
    label: m.admin_log_repo_verb,
    text: (of) =>
      m.admin_log_repo_verb_text({
        reference: of('reference'),
        repository: of('repository'),
        verb: of('verb'),
      }),
  },
  push_repo_failed: {
    label: m.admin_log_push_repo_failed,
    text: (of) =>
      m.admin_log_push_repo_failed_text({
        reference: of('reference'),
        repository: of('repository'),
        message: of('message'),
      }),
  },
  pull_repo_failed: {
    label: m.admin_log_pull_repo_failed,
    text: (of) =>
      m.admin_log_pull_repo_failed_text({
        reference: of('reference'),
        repository: of('repository'),
        message: of('message'),
      }),
  },
  delete_tag_failed: {
    label: m.admin_log_delete_tag_failed,
    text: (of) =>
      m.admin_log_delete_tag_failed_text({
        reference: of('reference'),
        repository: of('repository'),
        message: of('message'),
      }),
  },
  create_tag: {
    label: m.admin_log_create_tag,
    text: (of) =>
      m.admin_log_create_tag_text({
        tag: of('tag'),
        repository: of('repository'),
        digest: of('digest'),
      }),
  },
  move_tag: {
    label: m.admin_log_move_tag,
    text: (of) =>
      m.admin_log_move_tag_text({
        tag: of('tag'),
        repository: of('repository'),
        before: of('before'),
        digest: of('digest'),
      }),
  },
  delete_tag: {
    label: m.admin_log_delete_tag,
    text: (of) =>
      m.admin_log_delete_tag_text({ reference: of('reference'), repository: of('repository') }),
  },
  revert_tag: {
    label: m.admin_log_revert_tag,
    text: (of) =>
      m.admin_log_revert_tag_text({
        tag: of('tag'),
        repository: of('repository'),
        digest: of('digest'),
      }),
  },
  permanently_delete_tag: {
    label: m.admin_log_permanently_delete_tag,
    text: (of) =>
      m.admin_log_permanently_delete_tag_text({ tag: of('tag'), repository: of('repository') }),
  },
  change_tag_expiration: {
    label: m.admin_log_change_tag_expiration,
    text: expirationText,
  },
  change_tag_immutability: {
    label: m.admin_log_change_tag_immutability,
    text: immutabilityText,
  },
  tag_made_immutable_by_policy: {
    label: m.admin_log_tag_made_immutable_by_policy,
    text: (of) =>
      m.admin_log_tag_made_immutable_by_policy_text({
        tag: of('tag'),
        repository: of('repository'),
      }),
  },
  tags_made_immutable_by_policy: {
    label: m.admin_log_tags_made_immutable_by_policy,
    text: (of) =>
      m.admin_log_tags_made_immutable_by_policy_text({
        count: of('count'),
        pattern: of('pattern'),
      }),
  },
  autoprune_tag_delete: {
    label: m.admin_log_autoprune_tag_delete,
    text: (of) =>
      m.admin_log_autoprune_tag_delete_text({
        tag: of('tag'),
        repository: of('repository'),
        performer: of('performer'),
      }),
  },
  create_repository_autoprune_policy: {
    label: m.admin_log_create_repository_autoprune_policy,
    text: (of) =>
      m.admin_log_create_repository_autoprune_policy_text({
        repository: of('repository'),
        policy: of('policy'),
      }),
  },
  update_repository_autoprune_policy: {
    label: m.admin_log_update_repository_autoprune_policy,
    text: (of) =>
      m.admin_log_update_repository_autoprune_policy_text({
        repository: of('repository'),
        policy: of('policy'),
      }),
  },
  delete_repository_autoprune_policy: {
    label: m.admin_log_delete_repository_autoprune_policy,
    text: (of) =>
      m.admin_log_delete_repository_autoprune_policy_text({ repository: of('repository') }),
  },
  change_repo_permission: {
    label: m.admin_log_change_repo_permission,
    text: (of) =>
      m.admin_log_change_repo_permission_text({
        account: of('account'),
        role: of('role'),
        repository: of('repository'),
      }),
  },
  add_repo_permission: {
    label: m.admin_log_add_repo_permission,
    text: (of) => m.admin_log_add_repo_permission_text({ repository: of('repository') }),
  },
  delete_repo_permission: {
    label: m.admin_log_delete_repo_permission,
    text: (of) =>
      m.admin_log_delete_repo_permission_text({
        account: of('account'),
        repository: of('repository'),
      }),
  },
  change_repo_visibility: {
    label: m.admin_log_change_repo_visibility,
    text: (of) =>
      m.admin_log_change_repo_visibility_text({
        repository: of('repository'),
        visibility: of('visibility'),
      }),
  },
  change_repo_state: {
    label: m.admin_log_change_repo_state,
    text: (of) =>
      m.admin_log_change_repo_state_text({ repository: of('repository'), state: of('state') }),
  },
  change_repo_trust: {
    label: m.admin_log_change_repo_trust,
    text: (of) => m.admin_log_change_repo_trust_text({ repository: of('repository') }),
  },
  set_repo_description: {
    label: m.admin_log_set_repo_description,
    text: (of) => m.admin_log_set_repo_description_text({ repository: of('repository') }),
  },
  add_repo_accesstoken: {
    label: m.admin_log_add_repo_accesstoken,
    text: (of) =>
      m.admin_log_add_repo_accesstoken_text({ token: of('token'), repository: of('repository') }),
  },
  delete_repo_accesstoken: {
    label: m.admin_log_delete_repo_accesstoken,
    text: (of) =>
      m.admin_log_delete_repo_accesstoken_text({
        token: of('token'),
        repository: of('repository'),
      }),
  },
  add_repo_notification: {
    label: m.admin_log_add_repo_notification,
    text: (of) =>
      m.admin_log_add_repo_notification_text({
        repository: of('repository'),
        event: of('event'),
        method: of('method'),
      }),
  },
  delete_repo_notification: {
    label: m.admin_log_delete_repo_notification,
    text: (of) =>
      m.admin_log_delete_repo_notification_text({
        repository: of('repository'),
        event: of('event'),
        method: of('method'),
      }),
  },
  reset_repo_notification: {
    label: m.admin_log_reset_repo_notification,
    text: (of) =>
      m.admin_log_reset_repo_notification_text({
        repository: of('repository'),
        event: of('event'),
        method: of('method'),
      }),
  },
  add_repo_webhook: {
    label: m.admin_log_add_repo_webhook,
    text: (of) => m.admin_log_add_repo_webhook_text({ repository: of('repository') }),
  },
  delete_repo_webhook: {
    label: m.admin_log_delete_repo_webhook,
    text: (of) => m.admin_log_delete_repo_webhook_text({ repository: of('repository') }),
  },
  manifest_label_add: {
    label: m.admin_log_manifest_label_add,
    text: (of) =>
      m.admin_log_manifest_label_add_text({
        label: of('label'),
        digest: of('digest'),
        repository: of('repository'),
      }),
  },
  manifest_label_delete: {
    label: m.admin_log_manifest_label_delete,
    text: (of) =>
      m.admin_log_manifest_label_delete_text({
        label: of('label'),
        digest: of('digest'),
        repository: of('repository'),
      }),
  },
  setup_repo_trigger: {
    label: m.admin_log_setup_repo_trigger,
    text: (of) =>
      m.admin_log_setup_repo_trigger_text({ repository: of('repository'), service: of('service') }),
  },
  delete_repo_trigger: {
    label: m.admin_log_delete_repo_trigger,
    text: (of) => m.admin_log_delete_repo_trigger_text({ repository: of('repository') }),
  },
  toggle_repo_trigger: {
    label: m.admin_log_toggle_repo_trigger,
    text: (of) => m.admin_log_toggle_repo_trigger_text({ repository: of('repository') }),
  },
  start_build_trigger: {
    label: m.admin_log_start_build_trigger,
    text: (of) => m.admin_log_start_build_trigger_text({ repository: of('repository') }),
  },
  build_dockerfile: {
    label: m.admin_log_build_dockerfile,
    text: (of) => m.admin_log_build_dockerfile_text({ repository: of('repository') }),
  },
  cancel_build: {
    label: m.admin_log_cancel_build,
    text: (of) => m.admin_log_cancel_build_text({ build: of('build') }),
  },
} as const satisfies LogKinds
