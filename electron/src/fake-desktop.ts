import type { LogFile } from './log-file.ts'
import type { Platform } from './platform.ts'
import type {
  BridgeHandler,
  BridgeSender,
  MenuEntry,
  PermissionRequest,
  PresentedCertificate,
  Question,
  ServerChildEvents,
  Shell,
  ShellEvents,
  TrayIcon,
  Vault,
  WindowEvents,
  WindowOptions,
} from './shell.ts'

/** A desktop for tests: it records what the program does and lets the test play the person. */
export function createFakeDesktop({
  hasTray = true,
  args = [],
  isFirst = true,
  isPackaged = true,
  vault,
}: {
  hasTray?: boolean
  args?: readonly string[]
  isFirst?: boolean
  isPackaged?: boolean
  vault?: Vault
} = {}) {
  const events: { [Name in keyof ShellEvents]?: ShellEvents[Name] } = {}
  const windows: FakeWindow[] = []
  const servers: FakeServer[] = []
  const partitions = new Map<string, FakePartition>()
  const handlers = new Map<string, BridgeHandler>()
  const signals = new Map<string, (sender: BridgeSender) => void>()
  const seen = {
    questions: [] as Question[],
    opened: [] as string[],
    copied: [] as string[],
    notices: [] as string[],
    schemes: [] as string[],
    exits: [] as number[],
    relaunches: 0,
    loginItem: undefined as boolean | undefined,
    awake: 0,
    icons: [] as TrayIcon[],
    trayMenus: [] as (readonly MenuEntry[])[],
    menu: [] as readonly MenuEntry[],
  }
  const answers: number[] = []

  const shell: Shell = {
    platform: 'linux',
    isPackaged,
    args,
    versions: { mooring: '1', electron: '2', chrome: '3', node: '4' },
    folders: { userData: '/u', logs: '/u/logs', autostart: '/a' },
    language: () => 'en',
    acquireSingleInstance: () => isFirst,
    registerScheme: (scheme) => seen.schemes.push(scheme),
    whenReady: async () => undefined,
    on: (name, listener) => {
      events[name] = listener
    },
    quit: () => events['before-quit']?.({ preventDefault: () => undefined }),
    exit: (code) => seen.exits.push(code),
    relaunch: () => {
      seen.relaunches += 1
    },
    openPartition(name) {
      const own = partitions.get(name) ?? { posts: [], pins: () => false, permits: () => false }
      partitions.set(name, own)
      return {
        judgeCertificates: (judge) => {
          own.pins = judge
        },
        judgePermissions: (judge) => {
          own.permits = judge
        },
        async post(address, body) {
          own.posts.push({ address, body })
          return { status: 200 }
        },
      }
    },
    createWindow(options) {
      const window: FakeWindow = { options, loads: [], sent: [], isVisible: false, on: {} }
      windows.push(window)
      return {
        async load(address) {
          window.loads.push(address)
          window.on['ready-to-show']?.()
        },
        reload: () => window.loads.push('reload'),
        show: () => {
          window.isVisible = true
        },
        hide: () => {
          window.isVisible = false
        },
        destroy: () => {
          window.isDestroyed = true
        },
        isVisible: () => window.isVisible,
        bounds: () => ({ x: 1, y: 2, width: 700, height: 650 }),
        zoom: () => 1.25,
        setZoom: () => undefined,
        setProgress: (fraction) => {
          window.progress = fraction
        },
        send: (_channel, message) => window.sent.push(message),
        on: (name, listener) => {
          window.on[name] = listener
        },
      }
    },
    createTray: (icon) => {
      seen.icons.push(icon)
      return {
        setIcon: (next) => seen.icons.push(next),
        setToolTip: () => undefined,
        setMenu: (menu) => seen.trayMenus.push(menu),
        onClick: () => undefined,
        destroy: () => undefined,
      }
    },
    hasTrayHost: async () => hasTray,
    setApplicationMenu: (menu) => {
      seen.menu = menu
    },
    handleBridge: (channel, handler) => handlers.set(channel, handler),
    onBridgeSignal: (channel, listener) => signals.set(channel, listener),
    async ask(question) {
      seen.questions.push(question)
      return answers.shift() ?? question.buttons.length - 1
    },
    pickPath: async ({ kind }) => `/picked/${kind}`,
    pickSaveTarget: async () => undefined,
    openExternal: async (address) => void seen.opened.push(address),
    openFolder: async (folder) => void seen.opened.push(folder),
    notify: ({ title }) => seen.notices.push(title),
    copyText: (text) => seen.copied.push(text),
    keepAwake: () => {
      seen.awake += 1
      return () => (seen.awake -= 1)
    },
    setLoginItem: (enabled) => {
      seen.loginItem = enabled
    },
    openVault: async () => vault,
    forkServer(environment) {
      const server: FakeServer = { environment, sent: [], isKilled: false, on: {} }
      servers.push(server)
      return {
        send: (message) => server.sent.push(message),
        kill: () => {
          server.isKilled = true
        },
        on: (name, listener) => {
          server.on[name] = listener
        },
      }
    },
  }
  return { shell, events, windows, servers, partitions, handlers, signals, seen, answers }
}

export interface FakeWindow {
  readonly options: WindowOptions
  readonly loads: string[]
  readonly sent: unknown[]
  isVisible: boolean
  isDestroyed?: boolean
  progress?: number | undefined
  readonly on: { [Name in keyof WindowEvents]?: WindowEvents[Name] }
}

export interface FakeServer {
  readonly environment: NodeJS.ProcessEnv
  readonly sent: unknown[]
  isKilled: boolean
  readonly on: { [Name in keyof ServerChildEvents]?: ServerChildEvents[Name] }
}

interface FakePartition {
  readonly posts: { readonly address: string; readonly body: unknown }[]
  pins: (request: PresentedCertificate) => boolean
  permits: (request: PermissionRequest) => boolean
}

/** A clock that the test moves; what was planned runs when its time comes. */
export function createFakePlatform() {
  let now = 1_800_000_000_000
  let planned: { at: number; run: () => void }[] = []
  const platform: Platform = {
    now: () => now,
    after(delayMs, run) {
      const entry = { at: now + delayMs, run }
      planned.push(entry)
      return () => {
        planned = planned.filter((one) => one !== entry)
      }
    },
  }
  const advance = (byMs: number) => {
    now += byMs
    const due = planned.filter(({ at }) => at <= now)
    planned = planned.filter(({ at }) => at > now)
    for (const { run } of due) run()
  }
  return { platform, advance }
}

export function createFakeLog(): LogFile & { readonly text: () => string } {
  let text = ''
  return {
    write: (more) => (text += more),
    lastLines: (count) => text.split('\n').filter(Boolean).slice(-count),
    text: () => text,
  }
}
