import type { Platform } from './platform.ts'
import type { Shell } from './shell.ts'
import type { Texts } from './texts.ts'
import { stateText, trayIcon, trayMenu, type TrayActions, type TrayView } from './tray-menu.ts'

export interface Tray {
  /** Something in the view changed; the icon follows at most once a second. */
  update(): void
}

export interface TrayInput {
  readonly shell: Shell
  readonly platform: Platform
  readonly texts: Texts
  readonly view: () => TrayView
  readonly actions: TrayActions
}

const shortestPauseMs = 1000

/** On Linux a menu cannot be changed in place, so it is built anew with every change, everywhere. */
export function createTray({ shell, platform, texts, view, actions }: TrayInput): Tray {
  const tray = shell.createTray(trayIcon(view()))
  tray.onClick(() => actions.open())
  let shownAt = -shortestPauseMs
  let isPlanned = false

  const show = () => {
    isPlanned = false
    shownAt = platform.now()
    const current = view()
    tray.setIcon(trayIcon(current))
    tray.setToolTip(`Mooring: ${stateText(current.state, texts)}`)
    tray.setMenu(trayMenu(current, actions, texts))
  }

  show()
  return {
    update() {
      if (isPlanned) return
      const pauseMs = shownAt + shortestPauseMs - platform.now()
      if (pauseMs <= 0) show()
      else {
        isPlanned = true
        platform.after(pauseMs, show)
      }
    },
  }
}
