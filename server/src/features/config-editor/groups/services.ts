import { type FieldGroup, isUrl } from '../field-group.ts'

export const securityScanner: FieldGroup = {
  name: 'SecurityScanner',
  fields: {
    FEATURE_SECURITY_NOTIFICATIONS: { type: 'bool', usual: false },
    FEATURE_SECURITY_SCANNER: { type: 'bool', usual: false },
    SECURITY_SCANNER_ENDPOINT: { type: 'string' },
    SECURITY_SCANNER_INDEXING_INTERVAL: { type: 'int', usual: 30 },
    SECURITY_SCANNER_V4_ENDPOINT: { type: 'string' },
    SECURITY_SCANNER_V4_PSK: { type: 'string' },
  },
  check(check) {
    if (!check.flag('FEATURE_SECURITY_SCANNER')) return
    const endpoints = ['SECURITY_SCANNER_ENDPOINT', 'SECURITY_SCANNER_V4_ENDPOINT']
    if (endpoints.every((key) => check.text(key) === '')) {
      check.add(`At least one of ${endpoints.join(',')} must be present`, ...endpoints)
      return
    }
    for (const key of endpoints) check.url(key)
  },
}

export const repoMirror: FieldGroup = {
  name: 'RepoMirror',
  fields: {
    FEATURE_REPO_MIRROR: { type: 'bool', usual: false },
    REPO_MIRROR_INTERVAL: { type: 'int', usual: 30 },
    REPO_MIRROR_SERVER_HOSTNAME: { type: 'string' },
    REPO_MIRROR_TLS_VERIFY: { type: 'bool', usual: true },
  },
  check(check) {
    if (!check.flag('FEATURE_REPO_MIRROR')) return
    if (check.text('REPO_MIRROR_SERVER_HOSTNAME') !== '') {
      check.hostname('REPO_MIRROR_SERVER_HOSTNAME')
    }
  },
}

export const teamSyncing: FieldGroup = {
  name: 'TeamSyncing',
  fields: {
    FEATURE_NONSUPERUSER_TEAM_SYNCING_SETUP: { type: 'bool', usual: false },
    FEATURE_TEAM_SYNCING: { type: 'bool', usual: false },
    TEAM_RESYNC_STALE_TIME: { type: 'string', usual: '30m' },
  },
  check(check) {
    check.duration('TEAM_RESYNC_STALE_TIME')
  },
}

export const quayDocumentation: FieldGroup = {
  name: 'QuayDocumentation',
  fields: { DOCUMENTATION_ROOT: { type: 'string' } },
  check(check) {
    const root = check.text('DOCUMENTATION_ROOT')
    if (root !== '' && !isUrl(root)) {
      check.add('Documentation root must be a valid url.', 'DOCUMENTATION_ROOT')
    }
  },
}

export const userVisibleSettings: FieldGroup = {
  name: 'UserVisibleSettings',
  fields: {
    AVATAR_KIND: { type: 'string', usual: 'local' },
    CONTACT_INFO: { type: 'array' },
    REGISTRY_TITLE: { type: 'string', usual: 'Mooring' },
    REGISTRY_TITLE_SHORT: { type: 'string', usual: 'Mooring' },
    SEARCH_MAX_RESULT_PAGE_COUNT: { type: 'int', usual: 10 },
    SEARCH_RESULTS_PER_PAGE: { type: 'int', usual: 10 },
  },
  check: () => undefined,
}

export const buildManager: FieldGroup = {
  name: 'BuildManager',
  fields: { BUILD_MANAGER: { type: 'array' } },
  check: () => undefined,
}
