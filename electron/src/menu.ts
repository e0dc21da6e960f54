import type { RemoteServer } from './remote-server.ts'
import type { MenuEntry } from './shell.ts'
import type { Texts } from './texts.ts'
import type { TrayActions } from './tray-menu.ts'
import type { WindowDirector } from './window-director.ts'

export interface MenuInput {
  readonly texts: Texts
  readonly platform: NodeJS.Platform
  readonly servers: readonly RemoteServer[]
  /** The registry is a service, and this program only shows it. */
  readonly isService: boolean
  readonly actions: Pick<TrayActions, 'openLogs' | 'openHelp' | 'quit'> & {
    runAsService(): void
    runHere(): void
  }
  readonly director: Pick<WindowDirector, 'openServer' | 'showLocal'>
}

/**
 * The standard menus bring copy, paste, zoom and full screen, on macOS too. The list of servers is
 * the way back from a remote server, whose pages have no bridge.
 */
export function applicationMenu(input: MenuInput): readonly MenuEntry[] {
  const { texts, platform, servers, isService, actions, director } = input
  const action = (label: string, run: () => void): MenuEntry => ({ kind: 'action', label, run })
  const role = (name: Extract<MenuEntry, { kind: 'role' }>['role']): MenuEntry => ({
    kind: 'role',
    role: name,
  })
  const help = [action(texts.help, () => actions.openHelp())]
  const file = [
    action(texts.logs, () => actions.openLogs()),
    isService
      ? action(texts.runHere, () => actions.runHere())
      : action(`${texts.runAsService}…`, () => actions.runAsService()),
    action(texts.quit, () => actions.quit()),
  ]
  const list = [
    action(texts.thisComputer, () => director.showLocal()),
    ...servers.map((server) => action(server.name, () => director.openServer(server))),
  ]
  return [
    ...(platform === 'darwin' ? [role('appMenu')] : []),
    { kind: 'menu', label: texts.file, entries: file },
    role('editMenu'),
    role('viewMenu'),
    role('windowMenu'),
    { kind: 'menu', label: texts.servers, entries: list },
    { kind: 'menu', label: texts.help, entries: help },
  ]
}
