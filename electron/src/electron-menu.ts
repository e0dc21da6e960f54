import { Menu, type MenuItemConstructorOptions } from 'electron'
import type { MenuEntry } from './shell.ts'

export function buildElectronMenu(entries: readonly MenuEntry[]): Menu {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a factory of its own class
  return Menu.buildFromTemplate(entries.map(templateOf))
}

export function setElectronMenu(entries: readonly MenuEntry[]): void {
  Menu.setApplicationMenu(buildElectronMenu(entries))
}

function templateOf(entry: MenuEntry): MenuItemConstructorOptions {
  switch (entry.kind) {
    case 'separator':
      return { type: 'separator' }
    case 'label':
      return { label: entry.label, enabled: false }
    case 'action':
      return { label: entry.label, click: () => entry.run() }
    case 'checkbox':
      return {
        type: 'checkbox',
        label: entry.label,
        checked: entry.checked,
        click: ({ checked }) => entry.run(checked),
      }
    case 'menu':
      return { label: entry.label, submenu: entry.entries.map(templateOf) }
    case 'role':
      return { role: entry.role }
  }
}
