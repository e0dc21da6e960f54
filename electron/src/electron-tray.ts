import { nativeImage, nativeTheme, Tray } from 'electron'
import { fileURLToPath } from 'node:url'
import { buildElectronMenu } from './electron-menu.ts'
import type { ShellTray, TrayIcon } from './shell.ts'

/** The garbage collector takes a tray icon that nobody holds, and the icon goes with it. */
const kept = new Set<Tray>()

export function createElectronTray(icon: TrayIcon): ShellTray {
  let shown = icon
  const tray = new Tray(imageOf(icon))
  kept.add(tray)
  nativeTheme.on('updated', () => {
    if (kept.has(tray)) tray.setImage(imageOf(shown))
  })
  return {
    setIcon(next) {
      shown = next
      tray.setImage(imageOf(next))
    },
    setToolTip: (text) => {
      tray.setToolTip(text)
    },
    setMenu: (entries) => {
      tray.setContextMenu(buildElectronMenu(entries))
    },
    onClick: (listener) => {
      tray.on('click', listener)
    },
    destroy() {
      kept.delete(tray)
      tray.destroy()
    },
  }
}

/** macOS colours a template image itself; elsewhere the task bar is dark or light. */
function imageOf(icon: TrayIcon) {
  const isMac = process.platform === 'darwin'
  const theme = isMac ? 'template' : nativeTheme.shouldUseDarkColors ? 'dark' : 'light'
  const file = fileURLToPath(new URL(`icons/tray-${icon}-${theme}.png`, import.meta.url))
  const image = nativeImage.createFromPath(file)
  if (isMac) image.setTemplateImage(true)
  return image
}
