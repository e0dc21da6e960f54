import type { BridgeFeature } from './page-bridge.ts'

/**
 * What the program needs of Electron, and no more. `electron-shell.ts` gives it the real thing;
 * tests give it an invented desktop.
 */
export interface Shell {
  readonly platform: NodeJS.Platform
  readonly isPackaged: boolean
  /** Command line without the program's own path. */
  readonly args: readonly string[]
  readonly versions: Readonly<Record<'mooring' | 'electron' | 'chrome' | 'node', string>>
  readonly folders: ShellFolders
  /** Of the desktop session, such as `ja` or `en-GB`; known once ready. */
  language(): string

  /** False when another instance runs: it was told what this one was started with. */
  acquireSingleInstance(): boolean
  registerScheme(scheme: string): void
  whenReady(): Promise<void>
  on<Name extends keyof ShellEvents>(name: Name, listener: ShellEvents[Name]): void
  /** Asks everything to close, as the menu of the system does. */
  quit(): void
  /** Ends at once. */
  exit(code: number): void
  /** Ends at once and starts anew. */
  relaunch(): void

  openPartition(name: string): ShellPartition
  createWindow(options: WindowOptions): ShellWindow
  createTray(icon: TrayIcon): ShellTray
  /** Whether a tray icon would be visible. */
  hasTrayHost(): Promise<boolean>
  setApplicationMenu(menu: readonly MenuEntry[]): void
  handleBridge(channel: string, handler: BridgeHandler): void
  onBridgeSignal(channel: string, listener: (sender: BridgeSender) => void): void

  /** The index of the chosen button. */
  ask(question: Question): Promise<number>
  pickPath(options: PickOptions): Promise<string | undefined>
  pickSaveTarget(suggestedName: string): Promise<string | undefined>
  openExternal(address: string): Promise<void>
  openFolder(folder: string): Promise<void>
  notify(notification: { title: string; body: string; onClick: () => void }): void
  copyText(text: string): void
  /** Keeps the machine from sleeping until the returned function is called. */
  keepAwake(): () => void
  setLoginItem(enabled: boolean): void
  forkServer(environment: NodeJS.ProcessEnv): ServerChild
  /** Undefined where the system would not keep what is sealed from other programs. */
  openVault(): Promise<Vault | undefined>
}

/** The system's store of secrets. */
export interface Vault {
  seal(text: string): Promise<string>
  open(sealed: string): Promise<string>
}

export interface ShellFolders {
  readonly userData: string
  readonly logs: string
  /** Where the desktop looks for programs to start at login (XDG). */
  readonly autostart: string
}

export interface ShellEvents {
  'second-instance': (args: readonly string[]) => void
  'open-url': (address: string) => void
  'open-file': (file: string) => void
  activate: () => void
  'before-quit': (event: Stoppable) => void
  'windows-closed': () => void
  /** The session of the desktop ends: there is no time for questions. */
  'session-end': () => void
}

export interface Stoppable {
  preventDefault(): void
}

export interface WindowOptions {
  readonly partition: string
  /** What the bridge of the page can do on this desktop; remote servers get no bridge at all. */
  readonly bridge: readonly BridgeFeature[] | undefined
  readonly devTools: boolean
  readonly bounds?: WindowBounds
  readonly minimumWidth: number
  readonly minimumHeight: number
}

export interface WindowBounds {
  readonly x?: number
  readonly y?: number
  readonly width: number
  readonly height: number
}

export interface ShellWindow {
  load(address: string): Promise<void>
  reload(): void
  show(): void
  hide(): void
  destroy(): void
  isVisible(): boolean
  bounds(): Required<WindowBounds>
  zoom(): number
  setZoom(factor: number): void
  /** Between 0 and 1; undefined takes it away. */
  setProgress(fraction: number | undefined): void
  send(channel: string, message: unknown): void
  on<Name extends keyof WindowEvents>(name: Name, listener: WindowEvents[Name]): void
}

export interface WindowEvents {
  'ready-to-show': () => void
  close: (event: Stoppable) => void
  /** Of the page or any frame in it; also redirects. */
  navigate: (event: Stoppable & { readonly address: string }) => void
  /** A page asked for a new window: it never gets one. */
  'open-window': (address: string) => void
  'attach-webview': (event: Stoppable) => void
  'renderer-gone': (reason: string) => void
  unresponsive: () => void
  'bounds-changed': () => void
}

/** Cookies, storage and network of one server, apart from every other. */
export interface ShellPartition {
  /** Replaces the judge; what the former one said is forgotten. */
  judgeCertificates(judge: (request: PresentedCertificate) => boolean): void
  /** Requests that the page makes, and what it merely asks about. */
  judgePermissions(judge: (request: PermissionRequest) => boolean): void
  /** A request with the partition's cookies and certificates. */
  post(address: string, body: unknown): Promise<{ readonly status: number }>
}

export interface PresentedCertificate {
  readonly hostname: string
  /** PEM: what the server sent, its own first. */
  readonly chain: readonly string[]
}

export interface PermissionRequest {
  readonly permission: string
  /** Of the asking frame. */
  readonly origin: string
  readonly isMainFrame: boolean
}

export type TrayIcon = 'running' | 'busy' | 'attention' | 'stopped'

export interface ShellTray {
  setIcon(icon: TrayIcon): void
  setToolTip(text: string): void
  setMenu(menu: readonly MenuEntry[]): void
  onClick(listener: () => void): void
  destroy(): void
}

export type MenuEntry =
  | { readonly kind: 'separator' }
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'action'; readonly label: string; readonly run: () => void }
  | {
      readonly kind: 'checkbox'
      readonly label: string
      readonly checked: boolean
      readonly run: (checked: boolean) => void
    }
  | { readonly kind: 'menu'; readonly label: string; readonly entries: readonly MenuEntry[] }
  /** One of the standard menus of the system, which bring copy, paste, zoom and full screen. */
  | { readonly kind: 'role'; readonly role: MenuRole }

export type MenuRole = 'appMenu' | 'editMenu' | 'viewMenu' | 'windowMenu'

export interface BridgeSender {
  readonly origin: string
  readonly isTopFrame: boolean
}

export type BridgeHandler = (sender: BridgeSender, args: readonly unknown[]) => Promise<unknown>

export interface Question {
  readonly title: string
  readonly detail?: string
  /** The last one is chosen by Escape. */
  readonly buttons: readonly string[]
}

export interface PickOptions {
  readonly kind: 'file' | 'directory'
  readonly title?: string
  readonly extensions?: readonly string[]
}

/** The server's process, seen from the shell. */
export interface ServerChild {
  send(message: unknown): void
  kill(): void
  on<Name extends keyof ServerChildEvents>(name: Name, listener: ServerChildEvents[Name]): void
}

export interface ServerChildEvents {
  message: (message: unknown) => void
  /** Text of its standard error, as it comes. */
  log: (text: string) => void
  exit: (code: number | undefined) => void
}
