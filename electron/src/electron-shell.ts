import {
  app,
  clipboard,
  crashReporter,
  dialog,
  ipcMain,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  shell as system,
  type IpcMainEvent,
  type IpcMainInvokeEvent,
} from 'electron'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createElectronTray } from './electron-tray.ts'
import { setElectronMenu } from './electron-menu.ts'
import { openElectronPartition } from './electron-partition.ts'
import { openElectronVault } from './electron-vault.ts'
import { createElectronWindow } from './electron-window.ts'
import { forkElectronServer } from './electron-server.ts'
import { autostartEntry } from './login-item.ts'
import { environment } from './platform.ts'
import type { BridgeSender, Shell, ShellEvents, ShellFolders } from './shell.ts'
import { hasStatusNotifierHost } from './tray-host.ts'

/** The real desktop. The program ends here: everything above knows only the interface. */
export function createElectronShell(): Shell {
  const folders = shellFolders()
  app.setPath('crashDumps', join(folders.userData, 'crashes'))
  // Crashes are kept on this machine and never sent.
  crashReporter.start({ uploadToServer: false })
  const program = environment['APPIMAGE'] ?? process.execPath

  return {
    platform: process.platform,
    isPackaged: app.isPackaged,
    args: process.argv.slice(app.isPackaged ? 1 : 2),
    versions: {
      mooring: app.getVersion(),
      electron: process.versions.electron,
      chrome: process.versions.chrome,
      node: process.versions.node,
    },
    folders,
    language: () => app.getPreferredSystemLanguages()[0] ?? 'en',
    acquireSingleInstance: () => app.requestSingleInstanceLock({ args: process.argv.slice(1) }),
    registerScheme: (scheme) => {
      app.setAsDefaultProtocolClient(scheme)
    },
    async whenReady() {
      await app.whenReady()
    },
    on: listen,
    quit: () => {
      app.quit()
    },
    exit: (code) => {
      app.exit(code)
    },
    relaunch() {
      app.relaunch({ execPath: program, args: process.argv.slice(1) })
      app.exit(0)
    },
    openPartition: openElectronPartition,
    createWindow: createElectronWindow,
    createTray: createElectronTray,
    hasTrayHost: async () =>
      process.platform !== 'linux' || (await hasStatusNotifierHost(environment)),
    setApplicationMenu: setElectronMenu,
    handleBridge(channel, handler) {
      ipcMain.handle(channel, (event, ...args) => handler(senderOf(event), args))
    },
    onBridgeSignal(channel, listener) {
      ipcMain.on(channel, (event) => {
        listener(senderOf(event))
      })
    },
    async ask({ title, detail, buttons }) {
      const { response } = await dialog.showMessageBox({
        type: 'question',
        message: title,
        ...(detail === undefined ? {} : { detail }),
        buttons: [...buttons],
        cancelId: buttons.length - 1,
        defaultId: buttons.length - 1,
        noLink: true,
      })
      return response
    },
    async pickPath({ kind, title, extensions }) {
      const { filePaths } = await dialog.showOpenDialog({
        ...(title === undefined ? {} : { title }),
        properties: [kind === 'file' ? 'openFile' : 'openDirectory'],
        ...(extensions === undefined
          ? {}
          : { filters: [{ name: extensions.join(', '), extensions: [...extensions] }] }),
      })
      return filePaths[0]
    },
    async pickSaveTarget(suggestedName) {
      const { canceled, filePath } = await dialog.showSaveDialog({ defaultPath: suggestedName })
      return canceled ? undefined : filePath
    },
    openExternal: (address) => system.openExternal(address),
    async openFolder(folder) {
      await system.openPath(folder)
    },
    notify({ title, body, onClick }) {
      const notification = new Notification({ title, body })
      notification.on('click', onClick)
      notification.show()
    },
    copyText: (text) => {
      void clipboard.writeText(text)
    },
    keepAwake() {
      const id = powerSaveBlocker.start('prevent-app-suspension')
      return () => {
        powerSaveBlocker.stop(id)
      }
    },
    setLoginItem: (enabled) => {
      if (process.platform === 'linux') setAutostart(folders.autostart, program, enabled)
      else app.setLoginItemSettings({ openAtLogin: enabled, args: ['--hidden'] })
    },
    forkServer: forkElectronServer,
    openVault: openElectronVault,
  }
}

/** For what went wrong where nothing else can say it any more. */
export function endWithMessage(title: string, text: string): void {
  dialog.showErrorBox(title, text)
  app.exit(1)
}

function shellFolders(): ShellFolders {
  const userData = app.getPath('userData')
  return {
    userData,
    logs: join(userData, 'logs'),
    autostart: join(
      environment['XDG_CONFIG_HOME'] ?? join(app.getPath('home'), '.config'),
      'autostart',
    ),
  }
}

function setAutostart(folder: string, program: string, enabled: boolean): void {
  const file = join(folder, 'mooring.desktop')
  if (enabled) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(file, autostartEntry(program), { mode: 0o600 })
  } else rmSync(file, { force: true })
}

function listen<Name extends keyof ShellEvents>(name: Name, listener: ShellEvents[Name]): void {
  attach[name](listener)
}

const attach: { readonly [Name in keyof ShellEvents]: (listener: ShellEvents[Name]) => void } = {
  'second-instance': (listener) =>
    app.on('second-instance', (_event, _argv, _folder, data) => {
      // Chromium reorders the command line that it hands over; the additional data is as it was.
      listener(argumentsIn(data))
    }),
  'open-url': (listener) =>
    app.on('open-url', (event, address) => {
      event.preventDefault()
      listener(address)
    }),
  'open-file': (listener) =>
    app.on('open-file', (event, file) => {
      event.preventDefault()
      listener(file)
    }),
  activate: (listener) => app.on('activate', () => listener()),
  'before-quit': (listener) => app.on('before-quit', listener),
  'windows-closed': (listener) => app.on('window-all-closed', listener),
  'session-end': (listener) => {
    powerMonitor.on('shutdown', listener)
    app.on('browser-window-created', (_event, window) => {
      window.on('session-end', () => listener())
    })
  },
}

function argumentsIn(data: unknown): readonly string[] {
  if (typeof data !== 'object' || data === null || !('args' in data)) return []
  const { args } = data
  return Array.isArray(args) ? args.filter((arg) => typeof arg === 'string') : []
}

function senderOf({ senderFrame }: IpcMainEvent | IpcMainInvokeEvent): BridgeSender {
  return {
    origin: senderFrame?.origin ?? '',
    isTopFrame: senderFrame !== null && senderFrame.parent === null,
  }
}
