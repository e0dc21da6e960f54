import type { Session } from '../../app/session.svelte.ts'
import { m } from '../../paraglide/messages.js'

interface OwnPage {
  readonly label: () => string
  readonly href: string
  readonly isForSuperusers?: true
}

const ownPages: readonly OwnPage[] = [
  { label: m.nav_organizations, href: '/organization' },
  { label: m.nav_repositories, href: '/repository' },
  { label: m.help_title, href: '/help' },
  { label: m.home_title, href: '/home', isForSuperusers: true },
  { label: m.certificates_title, href: '/certificates', isForSuperusers: true },
  {
    label: m.certificates_clients_tab,
    href: '/certificates?tab=clients',
    isForSuperusers: true,
  },
  { label: m.storage_title, href: '/storage', isForSuperusers: true },
  { label: m.backup_title, href: '/storage/backup', isForSuperusers: true },
  { label: m.health_title, href: '/health', isForSuperusers: true },
  { label: m.service_title, href: '/service', isForSuperusers: true },
  { label: m.livelog_title, href: '/service/logs', isForSuperusers: true },
  { label: m.config_title, href: '/service/config', isForSuperusers: true },
  { label: m.nav_service_keys, href: '/service-keys', isForSuperusers: true },
  { label: m.nav_change_log, href: '/change-log', isForSuperusers: true },
  { label: m.nav_usage_logs, href: '/usage-logs', isForSuperusers: true },
  { label: m.nav_messages, href: '/messages', isForSuperusers: true },
]

/** Pages of the interface by a part of their name. */
export function findPages(
  text: string,
  session: Pick<Session, 'isSuperUser' | 'isGlobalReader'>,
): readonly { readonly label: string; readonly href: string }[] {
  const wanted = text.toLowerCase()
  const sees = session.isSuperUser || session.isGlobalReader
  return ownPages
    .filter(({ isForSuperusers }) => sees || isForSuperusers !== true)
    .map(({ label, href }) => ({ label: label(), href }))
    .filter(({ label }) => label.toLowerCase().includes(wanted))
}
