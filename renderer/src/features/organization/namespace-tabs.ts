const tabs = [
  'Repositories',
  'Teamsandmembership',
  'Robotaccounts',
  'Externallogins',
  'Defaultpermissions',
  'OAuthApplications',
  'Mirroring',
  'Logs',
  'Settings',
] as const

export type NamespaceTab = (typeof tabs)[number]

/** Who looks at which namespace. */
export interface NamespaceView {
  readonly kind: 'organization' | 'user'
  /** Of the organization, as the server says. */
  readonly isMember: boolean
  readonly isAdmin: boolean
  readonly isOwn: boolean
  readonly isReadOnly: boolean
  /** FEATURE_ORG_MIRROR */
  readonly hasMirroring: boolean
}

const ofOrganization: Readonly<Record<NamespaceTab, 'everybody' | 'member' | 'admin' | 'nobody'>> =
  {
    Repositories: 'everybody',
    Teamsandmembership: 'member',
    Robotaccounts: 'admin',
    Externallogins: 'nobody',
    Defaultpermissions: 'admin',
    OAuthApplications: 'admin',
    Mirroring: 'admin',
    Logs: 'admin',
    Settings: 'admin',
  }
const ofUser: readonly NamespaceTab[] = ['Robotaccounts', 'Externallogins', 'Logs', 'Settings']
const withoutReadOnly: readonly NamespaceTab[] = ['Robotaccounts', 'Settings']

/** The tabs that there are for somebody (ui-pages.md 8). */
export function namespaceTabs(view: NamespaceView): readonly NamespaceTab[] {
  return tabs.filter((tab) => {
    if (tab === 'Repositories') return true
    if (tab === 'Mirroring' && !view.hasMirroring) return false
    if (view.isReadOnly && withoutReadOnly.includes(tab)) return false
    if (view.kind === 'user') return view.isOwn && ofUser.includes(tab)
    const who = ofOrganization[tab]
    return (who === 'member' && view.isMember) || (who === 'admin' && view.isAdmin)
  })
}

/** The tab that an address names, in any letters; the first one when it is not for this person. */
export function tabOf(name: string | null, shown: readonly NamespaceTab[]): NamespaceTab {
  const asked = (name ?? '').toLowerCase()
  const wanted = asked === 'external' ? 'externallogins' : asked
  return shown.find((tab) => tab.toLowerCase() === wanted) ?? 'Repositories'
}
