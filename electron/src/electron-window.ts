import { BrowserWindow, nativeTheme } from 'electron'
import { fileURLToPath } from 'node:url'
import { featuresArgument } from './bridge-contract.ts'
import { securityPolicy } from './security-policy.ts'
import type { ShellWindow, WindowEvents, WindowOptions } from './shell.ts'

/** Beside the bundled main program. */
const preload = fileURLToPath(new URL('preload.cjs', import.meta.url))

export function createElectronWindow(options: WindowOptions): ShellWindow {
  const { bounds, bridge, partition, devTools } = options
  const window = new BrowserWindow({
    ...bounds,
    minWidth: options.minimumWidth,
    minHeight: options.minimumHeight,
    show: false,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#16191d' : '#ffffff',
    webPreferences: {
      ...securityPolicy.window,
      partition,
      devTools,
      ...(bridge === undefined
        ? {}
        : { preload, additionalArguments: [`${featuresArgument}${bridge.join(',')}`] }),
    },
  })
  const { webContents } = window
  return {
    load: (address) => window.loadURL(address),
    reload: () => {
      webContents.reload()
    },
    show() {
      if (window.isMinimized()) window.restore()
      window.show()
      window.focus()
    },
    hide: () => {
      window.hide()
    },
    destroy: () => {
      window.destroy()
    },
    isVisible: () => window.isVisible(),
    bounds: () => window.getNormalBounds(),
    zoom: () => webContents.getZoomFactor(),
    setZoom: (factor) => {
      webContents.setZoomFactor(factor)
    },
    setProgress: (fraction) => {
      // Anything below zero takes the bar away.
      window.setProgressBar(fraction ?? -1)
    },
    send: (channel, message) => {
      webContents.send(channel, message)
    },
    on(name, listener) {
      const attach: AttachWindow = {
        'ready-to-show': (run) => window.once('ready-to-show', run),
        close: (run) => window.on('close', run),
        navigate: (run) => {
          const check = (event: { url: string; preventDefault(): void }) =>
            run({
              address: event.url,
              preventDefault: () => {
                event.preventDefault()
              },
            })
          webContents.on('will-navigate', check)
          webContents.on('will-frame-navigate', check)
          webContents.on('will-redirect', check)
        },
        'open-window': (run) => {
          webContents.setWindowOpenHandler(({ url }) => {
            run(url)
            return { action: 'deny' }
          })
        },
        'attach-webview': (run) => webContents.on('will-attach-webview', run),
        'renderer-gone': (run) =>
          webContents.on('render-process-gone', (_event, { reason }) => {
            run(reason)
          }),
        unresponsive: (run) => window.on('unresponsive', run),
        'bounds-changed': (run) => {
          window.on('resized', run)
          window.on('moved', run)
          window.on('hide', run)
          webContents.on('zoom-changed', () => run())
        },
      }
      attach[name](listener)
    },
  }
}

type AttachWindow = {
  readonly [Name in keyof WindowEvents]: (run: WindowEvents[Name]) => unknown
}
