import type { Config } from '../../config/config.ts'
import { featureSwitches } from '../../config/feature-switches.ts'
import { quayKeys } from '../../config/quay-keys.ts'

const prefix = 'FEATURE_'
/** Switches that interfaces look for among the settings too. */
const repeated = [
  'FEATURE_REPO_MIRROR',
  'FEATURE_ORG_MIRROR',
  'FEATURE_QUOTA_MANAGEMENT',
  'FEATURE_QUOTA_NOTIFICATIONS',
  'FEATURE_EDIT_QUOTA',
  'FEATURE_PROXY_CACHE',
  'FEATURE_ASSIGN_OAUTH_TOKEN',
  'FEATURE_IMAGE_EXPIRY_TRIGGER',
  'FEATURE_AUTO_PRUNE',
  'FEATURE_IMMUTABLE_TAGS_CAN_EXPIRE',
]

/**
 * What an interface has to know of this registry (api-shapes, 20.4): each switch that Quay has, those
 * that do nothing here as off; and settings that are no secrets, by name, so that none slips in.
 */
export function describeConfig(config: Config, version: string) {
  const switches = featureSwitches(config.features)
  const isOn = (name: string) => switches.get(name) ?? false
  const names = new Set([...quayKeys].filter((key) => key.startsWith(prefix)))
  for (const name of switches.keys()) names.add(name)
  return {
    config: {
      SERVER_HOSTNAME: config.serverHostname,
      PREFERRED_URL_SCHEME: config.urlScheme,
      AUTHENTICATION_TYPE: 'Database',
      REGISTRY_TITLE: config.interface.title,
      REGISTRY_TITLE_SHORT: config.interface.titleShort,
      CONTACT_INFO: config.interface.contactInfo,
      AVATAR_KIND: config.interface.avatarKind,
      LOCAL_OAUTH_HANDLER: config.oauth.localHandler,
      SETUP_COMPLETE: true,
      DEBUG: false,
      TAG_EXPIRATION_OPTIONS: config.tagExpirationOptionsMs.map(duration),
      SEARCH_RESULTS_PER_PAGE: config.search.pageSize,
      SEARCH_MAX_RESULT_PAGE_COUNT: config.search.maxPages,
      BRANDING: config.interface.branding,
      FOOTER_LINKS: config.interface.footerLinks,
      PERMANENTLY_DELETE_TAGS: config.timeMachine.permanentlyDeleteTags,
      QUOTA_BACKFILL: config.quota.backfill,
      ROBOTS_DISALLOW: config.robots.disallow,
      ...Object.fromEntries(repeated.map((name) => [name, isOn(name)])),
    },
    features: Object.fromEntries(
      [...names].sort().map((name) => [name.slice(prefix.length), isOn(name)]),
    ),
    oauth: {},
    external_login: [],
    registry_state: config.registryState,
    account_recovery_mode: false,
    version_number: version,
  }
}

const units = [
  ['w', 7 * 24 * 3_600_000],
  ['d', 24 * 3_600_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const

/** As configuration files write it, in the largest unit that fits. */
function duration(ms: number): string {
  const [unit, size] = units.find(([, size]) => ms > 0 && ms % size === 0) ?? ['s', 1_000]
  return `${String(Math.floor(ms / size))}${unit}`
}
