import { m } from '../../paraglide/messages.js'

/** What settings are about, in the order in which they are shown; the first that fits counts. */
const topics = [
  {
    key: 'network',
    label: m.config_topic_network,
    fits: /^(SERVER_HOSTNAME|PREFERRED_URL_SCHEME|EXTERNAL_TLS|SSL_|FEATURE_LISTEN_IP|MOORING_(LISTEN|HTTPS?|METRICS)_|CORS_|FEATURE_PROXY_)/,
  },
  {
    key: 'certificates',
    label: m.config_topic_certificates,
    fits: /^MOORING_CERTIFICATE_/,
  },
  { key: 'backup', label: m.config_topic_backup, fits: /^MOORING_(BACKUP|UPGRADE)_/ },
  {
    key: 'storage',
    label: m.config_topic_storage,
    fits: /^(DISTRIBUTED_|DB_|DISKSPACE_|BLOBUPLOAD_|MAXIMUM_LAYER|PUSH_TEMP_|REGISTRY_STATE|DISABLE_PUSHES|FEATURE_STORAGE_|FEATURE_ENABLE_STALE_)/,
  },
  {
    key: 'quota',
    label: m.config_topic_quota,
    fits: /^(FEATURE_(QUOTA|EDIT_QUOTA|VERIFY_QUOTA)|QUOTA_|DEFAULT_SYSTEM_REJECT)/,
  },
  {
    key: 'cleaning',
    label: m.config_topic_cleaning,
    fits: /GARBAGE|_GC(_|$)|^PERMANENTLY_DELETE_TAGS|TAG_EXPIRATION|LABELED_EXPIRATION|RESET_CHILD_MANIFEST|AUTO_PRUNE/,
  },
  { key: 'mail', label: m.config_topic_mail, fits: /^(MAIL_|FEATURE_MAILING|BLACKLISTED_EMAIL)/ },
  {
    key: 'logs',
    label: m.config_topic_logs,
    fits: /LOG(S|GING)?(_|$)(?!IN)|AUDIT_LOGS|PULL_LOGS|PULL_STATS/,
  },
  {
    key: 'people',
    label: m.config_topic_people,
    fits: /SUPER_?USER|USER|ROBOT|TEAM|GUEST|AVATAR|^FEATURE_(ANONYMOUS|INVITE)|PUBLIC_NAMESPACES|LIBRARY_NAMESPACE/,
  },
  {
    key: 'signin',
    label: m.config_topic_signin,
    fits: /AUTHENTICATION|LOGIN|SESSION|OAUTH|OIDC|LDAP|JWT|TOKEN|SIGNIN|BASIC_AUTH|RECAPTCHA/,
  },
  {
    key: 'look',
    label: m.config_topic_look,
    fits: /^(REGISTRY_TITLE|BRANDING|CONTACT_INFO|FOOTER_|ENTERPRISE_LOGO|TERMS|DOCUMENTATION|SEARCH_)/,
  },
  { key: 'security', label: m.config_topic_security, fits: /SECRET|KEY|SSRF|WEBHOOK|XHR|BROWSER_/ },
  {
    key: 'content',
    label: m.config_topic_content,
    fits: /TAG|LABEL|REFERRERS|OCI|INDEX|REPO|MIRROR|CATALOG|PUSH|V2|CREATE_/,
  },
] as const

export type TopicKey = (typeof topics)[number]['key'] | 'other'

export const topicOf = (setting: string): TopicKey =>
  topics.find(({ fits }) => fits.test(setting))?.key ?? 'other'

export const topicList: readonly { readonly key: TopicKey; readonly label: () => string }[] = [
  ...topics,
  { key: 'other', label: m.config_topic_other },
]
