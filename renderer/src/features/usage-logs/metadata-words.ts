import { m } from '../../paraglide/messages.js'
import { formatDateTime, formatDuration, formatList, toInstant } from '../../ui/format.ts'
import { eventLabel } from '../repo-notifications/event-words.ts'
import { methodLabel } from '../repo-notifications/method-words.ts'
import type { LogRow, Of } from './log-kind.ts'
import { unknown } from './log-variants.ts'

type Entry = Pick<LogRow, 'metadata' | 'performer' | 'namespace' | 'repository'>

const roleNames: Readonly<Record<string, () => string>> = {
  read: m.account_role_read,
  write: m.account_role_write,
  admin: m.account_role_admin,
  member: m.admin_log_role_member,
  creator: m.admin_log_role_creator,
}
const visibilityNames: Readonly<Record<string, () => string>> = {
  public: m.admin_log_public,
  private: m.admin_log_private,
}

/** The values of an entry, as its sentence needs them: shortened, put together, formatted. */
export function wordsOf(entry: Entry, locale: string): Of {
  const { metadata } = entry
  const raw = (name: string): string => printed(metadata[name], locale)
  const first = (...names: readonly string[]) => names.map(raw).find((value) => value !== '') ?? ''

  const derived: Readonly<Record<string, () => string>> = {
    repository: () => {
      const repository = raw('repo')
      if (repository === '') return entry.repository ?? ''
      const namespace = first('namespace') || (entry.namespace?.name ?? '')
      return namespace === '' ? repository : `${namespace}/${repository}`
    },
    namespace: () => first('namespace') || (entry.namespace?.name ?? ''),
    place: () => {
      const namespace = first('namespace') || (entry.namespace?.name ?? '')
      const repository = raw('repo')
      return repository === '' ? namespace : `${namespace}/${repository}`
    },
    reference: () => raw('tag') || short(first('manifest_digest', 'digest')),
    digest: () => short(raw('manifest_digest')),
    before: () => short(raw('original_manifest_digest')),
    account: () => first('team', 'username', 'robot', 'token'),
    login: () =>
      first('robot', 'app_specific_token_title', 'token', 'username') ||
      (entry.performer?.name ?? ''),
    username: () => raw('username') || (entry.performer?.name ?? ''),
    title: () => raw('app_specific_token_title'),
    delegate: () => first('delegate_team', 'delegate_user'),
    application: () => first('application_name', 'application', 'name'),
    invited: () => first('user', 'email', 'member'),
    key: () => raw('name') || raw('kid').slice(0, 12),
    role: () => roleNames[raw('role')]?.() ?? raw('role'),
    visibility: () => visibilityNames[raw('visibility')]?.() ?? raw('visibility'),
    state: () => raw('state_changed'),
    label: () => `${raw('key')}=${raw('value')}`,
    pattern: () => raw('tag_pattern'),
    policy: () =>
      [raw('method'), raw('value'), raw('tag_pattern')].filter((part) => part !== '').join(', '),
    window: () => {
      const seconds = Number(raw('tag_expiration'))
      return Number.isFinite(seconds) ? formatDuration(seconds, locale) : raw('tag_expiration')
    },
    profile: () =>
      ['given_name', 'family_name', 'company', 'location']
        .map(raw)
        .filter((part) => part !== '')
        .join(', '),
    upstream: () =>
      first('external_reference', 'upstream_registry') ||
      [raw('external_registry_url'), raw('external_namespace')]
        .filter((part) => part !== '')
        .join('/'),
    fields: () => raw('updated_fields'),
    event: () => eventLabel(raw('event')),
    method: () => methodLabel(raw('method')),
    build: () => first('build_uuid', 'build_id'),
    expires: () => dateWords(metadata['expiration_date'], locale),
    until_date: () => dateWords(metadata['until'], locale),
    fingerprint: () => first('sha256_fingerprint', 'sha256_fingerprints'),
    old_expires: () => dateWords(metadata['old_expiration_date'], locale),
  }
  return (name) => {
    const value = derived[name]?.() ?? raw(name)
    return value === '' ? unknown : value
  }
}

const doers: Readonly<Record<string, () => string>> = {
  'command line': m.admin_logs_by_command_line,
  renewal: m.admin_logs_by_renewal,
  setup: m.admin_logs_by_setup,
  'autoprune worker': m.admin_logs_by_autoprune,
}

/** Who did it, where that was no account; nothing where nobody knows. */
export function doerOf({ metadata }: Pick<Entry, 'metadata'>): string | undefined {
  const { performer } = metadata
  return typeof performer === 'string' ? (doers[performer]?.() ?? performer) : undefined
}

function printed(value: unknown, locale: string): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value))
    return formatList(
      value.map((item) => printed(item, locale)),
      locale,
    )
  if (typeof value === 'object' && value !== null) return JSON.stringify(value)
  return ''
}

/** `sha256:` and the first twelve signs; enough to tell digests apart. */
const short = (digest: string) => /^[a-z0-9]+:[a-f0-9]{12}/.exec(digest)?.[0] ?? digest

/** Seconds for tags, texts for keys. */
function dateWords(value: unknown, locale: string): string {
  const instant = toInstant(
    typeof value === 'number' ? value * 1000 : typeof value === 'string' ? value : null,
  )
  return instant === null ? '' : formatDateTime(instant, locale)
}
