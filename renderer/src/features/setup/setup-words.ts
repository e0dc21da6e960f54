import type { ApplyTaskId, FieldErrors, SetupState, TestLine } from '@mooring/server/contract/setup'
import type { StepId } from '@mooring/server/contract/setup-steps'
import { m } from '../../paraglide/messages.js'

export type Finding = NonNullable<TestLine['finding']>
type Facts = Finding['facts']
export type PageId = SetupState['current']

export const pageNames: { readonly [Id in PageId]: () => string } = {
  welcome: m.setup_step_welcome,
  identity: m.setup_step_identity,
  network: m.setup_step_network,
  certificates: m.setup_step_certificates,
  storage: m.setup_step_storage,
  admin: m.setup_step_admin,
  mirrors: m.setup_step_mirrors,
  scanning: m.setup_step_scanning,
  review: m.setup_step_review,
}

export const pageTitles: { readonly [Id in StepId]: () => string } = {
  welcome: m.setup_title_welcome,
  identity: m.setup_title_identity,
  network: m.setup_title_network,
  certificates: m.setup_title_certificates,
  storage: m.setup_title_storage,
  admin: m.setup_title_admin,
  mirrors: m.setup_title_mirrors,
  scanning: m.setup_title_scanning,
}

export const pageHelps: { readonly [Id in StepId]: () => string } = {
  welcome: m.setup_help_welcome,
  identity: m.setup_help_identity,
  network: m.setup_help_network,
  certificates: m.setup_help_certificates,
  storage: m.setup_help_storage,
  admin: m.setup_help_admin,
  mirrors: m.setup_help_mirrors,
  scanning: m.setup_help_scanning,
}

export const taskNames: { readonly [Id in ApplyTaskId]: () => string } = {
  config: m.setup_task_config,
  storage: m.setup_task_storage,
  database: m.setup_task_database,
  certificates: m.setup_task_certificates,
  admin: m.setup_task_admin,
  listeners: m.setup_task_listeners,
  'self-test': m.setup_task_self_test,
  organizations: m.setup_task_organizations,
  scanner: m.setup_task_scanner,
  service: m.setup_task_service,
  close: m.setup_task_close,
}

const stepName = (id: unknown) =>
  typeof id === 'string' && id in pageNames ? pageNames[id as PageId]() : String(id)

/** Those that say more to a person in front of the pages than the words of the server. */
export const pageFindings: Readonly<Record<string, (facts: Facts) => string>> = {
  'MOOR-SET-001': () => m.setup_code_wrong(),
  'MOOR-SET-002': () => m.setup_code_expired(),
  'MOOR-SET-003': ({ seconds }) => m.setup_code_pause({ seconds: String(seconds) }),
  'MOOR-SET-005': () => m.setup_session_over(),
  'MOOR-SET-007': () => m.setup_values_wrong(),
  'MOOR-SET-008': () => m.setup_checks_failed(),
  'MOOR-SET-010': () => m.setup_being_applied(),
  'MOOR-SET-011': ({ step }) => m.setup_step_missing({ step: stepName(step) }),
  'MOOR-SET-012': () => m.setup_host_changed(),
  'MOOR-SET-013': () => m.setup_untested(),
  'MOOR-SET-014': () => m.setup_start_over_words(),
  'MOOR-SET-017': () => m.setup_passphrase_wrong(),
  'MOOR-SET-027': () => m.setup_restore_too_late(),
  'MOOR-SET-040': () => m.setup_kit_missing(),
}

/** An item of a list is shown at the list. */
export function wordsByField(errors: FieldErrors): Readonly<Record<string, string>> {
  return Object.fromEntries(
    errors.map(({ field, text }) => [field.replace(/\.\d+$/, ''), fieldText(text)]),
  )
}

/** Rules of fields that people run into, in their language. */
const rules: readonly (readonly [RegExp, (found: readonly string[]) => string])[] = [
  [/^must be a host name, \*/, () => m.setup_rule_certificate_name()],
  [/^must be a host name or/, () => m.setup_rule_host()],
  [/^must be an IPv4 or IPv6/, () => m.setup_rule_address()],
  [
    /^must be a whole number from (\d+) to (\d+)/,
    ([, least = '', most = '']) => m.setup_rule_number({ least, most }),
  ],
  [/^must have at least (\d+) char/, ([, count = '']) => m.setup_rule_least({ count })],
  [/^must be an address that begins/, () => m.setup_rule_url()],
  [/^must be text in PEM/, () => m.setup_rule_pem()],
  [/^must be an absolute path/, () => m.setup_rule_path()],
  [/^must be an e-mail/, () => m.setup_rule_email()],
  [/^must not be one of the passwords/, () => m.setup_rule_common()],
  [/^must differ from the other ports/, () => m.setup_rule_port_twice()],
  [/^must differ from the other names/, () => m.setup_rule_name_twice()],
  [/^must differ from the other repos/, () => m.setup_rule_repository_twice()],
  [/^must be a repository such/, () => m.setup_rule_repository()],
  [/^must not be that of a cache/, () => m.setup_rule_cache_alone()],
  [/^must name a proxy/, () => m.setup_rule_proxy()],
  [/^must be entered again/, () => m.setup_rule_again()],
  [/^must be more than the share/, () => m.setup_rule_share()],
  [/^may have a-z/, () => m.setup_rule_username()],
  [/^Too small: expected string/, () => m.setup_rule_required()],
  [/^Invalid input/, () => m.setup_rule_required()],
]

function fieldText(text: string): string {
  for (const [pattern, words] of rules) {
    const found = pattern.exec(text)
    if (found !== null) return words([...found])
  }
  return text
}
