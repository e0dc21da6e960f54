import type { BridgeFeature } from './page-bridge.ts'
import { decideLink, mayNavigate } from './navigation-lock.ts'
import { isPinned, type CertificatePin } from './certificate-pin.ts'
import { mayHave } from './permissions.ts'
import type { Platform } from './platform.ts'
import { securityPolicy } from './security-policy.ts'
import type { SettingsFile } from './settings.ts'
import type { Shell, ShellPartition, ShellWindow, Stoppable } from './shell.ts'

/** A server that the window may show. */
export interface WindowTarget {
  /** `local`, or the id of a remote server: each has cookies and storage of its own. */
  readonly id: string
  readonly origin: string
  readonly pin: CertificatePin
}

export const localTarget = 'local'

export interface MainWindow {
  /** Shows a page of a server; a window of another server gives way to it. */
  open(target: WindowTarget, path: string): void
  /** A page of the server that it shows already; the page itself goes there, and may ask first. */
  send(channel: string, message: unknown): void
  show(): void
  hide(): void
  target(): WindowTarget | undefined
  isVisible(): boolean
  setProgress(fraction: number | undefined): void
  /** Its partition, which from now on knows this server and no other. */
  lock(target: WindowTarget): ShellPartition
  /** The pin of the server changed, for example because its certificate was renewed. */
  repin(target: WindowTarget): void
  destroy(): void
}

export interface MainWindowInput {
  readonly shell: Shell
  readonly platform: Platform
  readonly settings: SettingsFile
  readonly devTools: boolean
  readonly features: readonly BridgeFeature[]
  readonly onClose: (event: Stoppable) => void
  readonly onExternalLink: (address: string) => void
  /** The page was loaded again because it died or hung. */
  readonly onReloaded: () => void
  readonly onPageLost: () => void
  readonly log: (text: string) => void
}

const size = { width: 1280, height: 840, minimumWidth: 640, minimumHeight: 600 }

export function createMainWindow(input: MainWindowInput): MainWindow {
  const { shell, settings, log } = input
  let current: { target: WindowTarget; readonly window: ShellWindow; isReady: boolean } | undefined
  let isWanted = false

  const open = (target: WindowTarget, path: string) => {
    // A remote server never gets a window that once had the bridge.
    if (current?.target.id !== target.id) {
      current?.window.destroy()
      current = { target, window: build(target), isReady: false }
    }
    current.target = target
    lock(target)
    current.window.load(`${target.origin}${path}`).catch((error: unknown) => {
      log(`the page did not load: ${String(error)}\n`)
    })
  }

  const partitionOf = ({ id }: WindowTarget) => `persist:${id}`

  const lock = (target: WindowTarget): ShellPartition => {
    const partition = shell.openPartition(partitionOf(target))
    partition.judgeCertificates((request) => isPinned(request, target.pin, input.platform.now()))
    partition.judgePermissions((request) => mayHave(request, target.origin))
    return partition
  }

  const build = (target: WindowTarget): ShellWindow => {
    const { bounds, zoom } = settings.read()
    lock(target)
    const window = shell.createWindow({
      partition: partitionOf(target),
      bridge: target.id === localTarget ? input.features : undefined,
      devTools: input.devTools,
      bounds: bounds ?? { width: size.width, height: size.height },
      minimumWidth: size.minimumWidth,
      minimumHeight: size.minimumHeight,
    })
    const origin = () => current?.target.origin ?? target.origin
    const reloads = limitReloads(input.platform)
    window.on('ready-to-show', () => {
      if (current?.window !== window) return
      current.isReady = true
      window.setZoom(zoom)
      if (isWanted) window.show()
    })
    window.on('close', input.onClose)
    window.on('bounds-changed', () => {
      if (current?.window !== window) return
      settings.change({ bounds: window.bounds(), zoom: window.zoom() })
    })
    window.on('navigate', (event) => {
      if (mayNavigate(event.address, origin())) return
      event.preventDefault()
      leave(event.address, origin())
    })
    window.on('open-window', (address) => {
      leave(address, origin())
    })
    window.on('attach-webview', (event) => {
      event.preventDefault()
    })
    const reload = (reason: string) => {
      log(`the page is loaded again: ${reason}\n`)
      if (reloads.mayReload()) {
        window.reload()
        input.onReloaded()
      } else input.onPageLost()
    }
    window.on('renderer-gone', reload)
    window.on('unresponsive', () => {
      reload('it did not answer')
    })
    return window
  }

  const leave = (address: string, origin: string) => {
    const decision = decideLink(address, origin)
    if (decision.kind === 'ask') input.onExternalLink(decision.address)
  }

  return {
    open,
    send: (channel, message) => current?.window.send(channel, message),
    show() {
      isWanted = true
      // Before that it would show an empty white square.
      if (current?.isReady === true) current.window.show()
    },
    hide() {
      isWanted = false
      current?.window.hide()
    },
    target: () => current?.target,
    isVisible: () => current?.window.isVisible() ?? false,
    lock,
    setProgress: (fraction) => current?.window.setProgress(fraction),
    repin(target) {
      if (current?.target.id !== target.id) return
      current.target = target
      lock(target)
    },
    destroy() {
      current?.window.destroy()
      current = undefined
    },
  }
}

/** A page that dies again and again is left alone, so that somebody can read what it says. */
function limitReloads(platform: Platform): { mayReload(): boolean } {
  const { most, withinMs } = securityPolicy.reloads
  let recent: number[] = []
  return {
    mayReload() {
      recent = recent.filter((at) => platform.now() - at < withinMs)
      if (recent.length >= most) return false
      recent.push(platform.now())
      return true
    },
  }
}
