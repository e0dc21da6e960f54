import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'

export const mirrorKinds = {
  repo_mirror_enabled: {
    label: m.admin_log_repo_mirror_enabled,
    text: (of) => m.admin_log_repo_mirror_enabled_text({ repository: of('repository') }),
  },
  repo_mirror_disabled: {
    label: m.admin_log_repo_mirror_disabled,
    text: (of) => m.admin_log_repo_mirror_disabled_text({ repository: of('repository') }),
  },
  repo_mirror_config_changed: {
    label: m.admin_log_repo_mirror_config_changed,
    text: (of) =>
      m.admin_log_repo_mirror_config_changed_text({
        changed: of('changed'),
        repository: of('repository'),
        to: of('to'),
      }),
  },
  repo_mirror_sync_started: {
    label: m.admin_log_repo_mirror_sync_started,
    text: (of) =>
      m.admin_log_repo_mirror_sync_started_text({
        repository: of('repository'),
        message: of('message'),
      }),
  },
  repo_mirror_sync_success: {
    label: m.admin_log_repo_mirror_sync_success,
    text: (of) =>
      m.admin_log_repo_mirror_sync_success_text({
        repository: of('repository'),
        message: of('message'),
      }),
  },
  repo_mirror_sync_failed: {
    label: m.admin_log_repo_mirror_sync_failed,
    text: (of) =>
      m.admin_log_repo_mirror_sync_failed_text({
        repository: of('repository'),
        message: of('message'),
      }),
  },
  repo_mirror_sync_now_requested: {
    label: m.admin_log_repo_mirror_sync_now_requested,
    text: (of) => m.admin_log_repo_mirror_sync_now_requested_text({ repository: of('repository') }),
  },
  repo_mirror_sync_tag_success: {
    label: m.admin_log_repo_mirror_sync_tag_success,
    text: (of) =>
      m.admin_log_repo_mirror_sync_tag_success_text({
        tag: of('tag'),
        repository: of('repository'),
      }),
  },
  repo_mirror_sync_tag_failed: {
    label: m.admin_log_repo_mirror_sync_tag_failed,
    text: (of) =>
      m.admin_log_repo_mirror_sync_tag_failed_text({
        tag: of('tag'),
        repository: of('repository'),
        message: of('message'),
      }),
  },
  repo_mirror_sync_test_success: {
    label: m.admin_log_repo_mirror_sync_test_success,
    text: (of) => m.admin_log_repo_mirror_sync_test_success_text({ repository: of('repository') }),
  },
  repo_mirror_sync_test_failed: {
    label: m.admin_log_repo_mirror_sync_test_failed,
    text: (of) => m.admin_log_repo_mirror_sync_test_failed_text({ repository: of('repository') }),
  },
  repo_mirror_sync_test_started: {
    label: m.admin_log_repo_mirror_sync_test_started,
    text: (of) => m.admin_log_repo_mirror_sync_test_started_text({ repository: of('repository') }),
  },
  org_mirror_enabled: {
    label: m.admin_log_org_mirror_enabled,
    text: (of) => m.admin_log_org_mirror_enabled_text({ upstream: of('upstream') }),
  },
  org_mirror_disabled: {
    label: m.admin_log_org_mirror_disabled,
    text: (of) => m.admin_log_org_mirror_disabled_text({ upstream: of('upstream') }),
  },
  org_mirror_config_changed: {
    label: m.admin_log_org_mirror_config_changed,
    text: (of) =>
      m.admin_log_org_mirror_config_changed_text({
        upstream: of('upstream'),
        fields: of('fields'),
      }),
  },
  org_mirror_sync_started: {
    label: m.admin_log_org_mirror_sync_started,
    text: (of) =>
      m.admin_log_org_mirror_sync_started_text({
        upstream: of('upstream'),
        message: of('message'),
      }),
  },
  org_mirror_sync_success: {
    label: m.admin_log_org_mirror_sync_success,
    text: (of) =>
      m.admin_log_org_mirror_sync_success_text({
        upstream: of('upstream'),
        message: of('message'),
      }),
  },
  org_mirror_sync_failed: {
    label: m.admin_log_org_mirror_sync_failed,
    text: (of) =>
      m.admin_log_org_mirror_sync_failed_text({ upstream: of('upstream'), message: of('message') }),
  },
  org_mirror_sync_now_requested: {
    label: m.admin_log_org_mirror_sync_now_requested,
    text: (of) => m.admin_log_org_mirror_sync_now_requested_text({ upstream: of('upstream') }),
  },
  org_mirror_sync_cancelled: {
    label: m.admin_log_org_mirror_sync_cancelled,
    text: (of) => m.admin_log_org_mirror_sync_cancelled_text({ upstream: of('upstream') }),
  },
  org_mirror_repo_created: {
    label: m.admin_log_org_mirror_repo_created,
    text: (of) => m.admin_log_org_mirror_repo_created_text({ upstream: of('upstream') }),
  },
  org_mirror_repo_creation_failed: {
    label: m.admin_log_org_mirror_repo_creation_failed,
    text: (of) =>
      m.admin_log_org_mirror_repo_creation_failed_text({
        upstream: of('upstream'),
        error: of('error'),
      }),
  },
  create_proxy_cache_config: {
    label: m.admin_log_create_proxy_cache_config,
    text: (of) => m.admin_log_create_proxy_cache_config_text({ upstream: of('upstream') }),
  },
  delete_proxy_cache_config: {
    label: m.admin_log_delete_proxy_cache_config,
    text: () => m.admin_log_delete_proxy_cache_config_text(),
  },
} as const satisfies LogKinds
