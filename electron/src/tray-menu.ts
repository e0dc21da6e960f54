import type { LanguageChoice, NotificationClass, PageProgress } from './page-bridge.ts'
import type { ServerState } from './server-supervisor.ts'
import { notificationClasses } from './settings.ts'
import type { MenuEntry, TrayIcon } from './shell.ts'
import type { Texts } from './texts.ts'

export interface TrayView {
  readonly state: ServerState
  readonly uploads: number
  readonly progress: PageProgress | undefined
  readonly startAtLogin: boolean
  readonly notifications: readonly NotificationClass[]
  readonly language: LanguageChoice
  readonly now: number
}

export interface TrayActions {
  open(): void
  copyAddress(): void
  copyLogin(): void
  start(): void
  stop(): void
  restart(): void
  openLogs(): void
  openHelp(): void
  setStartAtLogin(enabled: boolean): void
  setNotifications(classes: readonly NotificationClass[]): void
  setLanguage(language: LanguageChoice): void
  quit(): void
}

const dayMs = 24 * 60 * 60_000
const warnDays = 14

export function trayIcon(view: TrayView): TrayIcon {
  const { state } = view
  if (state.kind === 'stopped') return 'stopped'
  if (state.kind !== 'running') return state.kind === 'starting' ? 'busy' : 'attention'
  const days = daysLeft(view)
  if (days !== undefined && days <= warnDays) return 'attention'
  return view.uploads > 0 || view.progress !== undefined ? 'busy' : 'running'
}

/** Whole days until the certificate of the server expires. */
export function daysLeft({ state, now }: Pick<TrayView, 'state' | 'now'>): number | undefined {
  if (state.kind !== 'running' || state.certificateExpiresAt === undefined) return undefined
  return Math.floor((state.certificateExpiresAt - now) / dayMs)
}

export function stateText(state: ServerState, texts: Texts): string {
  switch (state.kind) {
    case 'running':
      return texts.stateRunning(state.address)
    case 'setup':
      return texts.stateSetup
    case 'starting':
      return texts.stateStarting
    case 'stopping':
      return texts.stateStopping
    case 'stopped':
      return texts.stateStopped
    case 'waiting':
      return texts.stateWaiting
  }
}

export function trayMenu(view: TrayView, actions: TrayActions, texts: Texts): readonly MenuEntry[] {
  const { state, uploads, progress } = view
  const days = daysLeft(view)
  const action = (label: string, run: () => void): MenuEntry => ({ kind: 'action', label, run })
  const label = (text: string): MenuEntry => ({ kind: 'label', label: text })
  const separator: MenuEntry = { kind: 'separator' }
  const isUp = state.kind === 'running' || state.kind === 'setup'
  return [
    label(`● ${stateText(state, texts)}`),
    action(texts.open, () => actions.open()),
    ...(state.kind === 'running'
      ? [
          action(texts.copyAddress, () => actions.copyAddress()),
          action(texts.copyLogin, () => actions.copyLogin()),
        ]
      : []),
    separator,
    ...(uploads > 0 ? [label(texts.uploads(uploads))] : []),
    ...(progress === undefined
      ? []
      : [label(`${progress.title} ${Math.round(progress.fraction * 100)} %`)]),
    ...(days === undefined ? [] : [label(texts.certificateDays(days))]),
    ...(isUp
      ? [action(texts.restart, () => actions.restart()), action(texts.stop, () => actions.stop())]
      : []),
    ...(state.kind === 'stopped' || state.kind === 'waiting'
      ? [action(texts.start, () => actions.start())]
      : []),
    action(texts.logs, () => actions.openLogs()),
    { kind: 'menu', label: texts.preferences, entries: preferences(view, actions, texts) },
    ...(isUp ? [action(texts.help, () => actions.openHelp())] : []),
    separator,
    action(texts.quit, () => actions.quit()),
  ]
}

function preferences(view: TrayView, actions: TrayActions, texts: Texts): readonly MenuEntry[] {
  const { startAtLogin, notifications, language } = view
  const languages: readonly LanguageChoice[] = ['desktop', 'en', 'ja']
  return [
    {
      kind: 'checkbox',
      label: texts.startAtLogin,
      checked: startAtLogin,
      run: (checked) => actions.setStartAtLogin(checked),
    },
    {
      kind: 'menu',
      label: texts.language,
      entries: languages.map((one) => ({
        kind: 'checkbox',
        label: texts.languages[one],
        checked: one === language,
        run: () => actions.setLanguage(one),
      })),
    },
    {
      kind: 'menu',
      label: texts.notifications,
      entries: notificationClasses.map((one) => ({
        kind: 'checkbox',
        label: texts.notificationClasses[one],
        checked: notifications.includes(one),
        run: (checked) =>
          actions.setNotifications(
            notificationClasses.filter((other) =>
              other === one ? checked : notifications.includes(other),
            ),
          ),
      })),
    },
  ]
}
