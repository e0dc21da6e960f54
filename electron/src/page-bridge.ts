/**
 * What a page of the own server finds as `window.mooring` in the desktop program; in a browser, and
 * on pages of remote servers, it is not there. Types only: the interface imports them from
 * `@mooring/electron/bridge`.
 */
export interface PageBridge {
  versions(): Promise<Versions>
  /** A path of this computer; undefined when the person picked none. */
  pickFile(options: { title?: string; extensions?: readonly string[] }): Promise<string | undefined>
  pickDirectory(options: { title?: string }): Promise<string | undefined>
  /** Text under a name that is proposed to the person. */
  saveFile(file: { name: string; text: string }): Promise<{ readonly saved: boolean }>
  removableDrives(): Promise<readonly RemovableDrive[]>
  /** Asks the person whether this computer shall trust the authority of this server. */
  trustCertificate(): Promise<{ readonly trusted: boolean }>
  /** The longest job that runs: in the tray, on the task bar, and asked about before quitting. */
  showProgress(progress?: PageProgress): Promise<void>
  /** Not shown unless the person wants this class. */
  notify(notice: Notice): Promise<{ readonly shown: boolean }>
  openLogs(): Promise<void>
  restartServer(): Promise<void>
  /** Changes what is given; says how it is. */
  preferences(change?: PreferencesChange): Promise<Preferences>
  /** Changes the list when told to; says how it is. */
  servers(change?: ServerChange): Promise<ServerListing>
  /** Whether this desktop has it; a page shows its plain way otherwise. */
  has(feature: BridgeFeature): boolean
  /** Calls back with a path of this server for each link; ends when the returned function is called. */
  onDeepLink(listener: (path: string) => void): () => void
}

export type BridgeFeature = 'trustStore' | 'pickDirectory' | 'usb' | 'tray'

export type NotificationClass = 'job' | 'drive' | 'certificate' | 'space' | 'update'

/** Without one, the language of the desktop. */
export type LanguageChoice = 'desktop' | 'en' | 'ja'

export interface Versions {
  readonly mooring: string
  readonly electron: string
  readonly chrome: string
  readonly node: string
  readonly platform: string
}

export interface RemovableDrive {
  readonly path: string
  readonly label: string
}

export interface PageProgress {
  readonly title: string
  /** Between 0 and 1. */
  readonly fraction: number
}

export interface Notice {
  readonly class: NotificationClass
  readonly title: string
  readonly body: string
  /** The page that opens when somebody clicks on it. */
  readonly path?: string
}

export interface Preferences {
  readonly startAtLogin: boolean
  /** What closing the window does; undefined until somebody chose. */
  readonly onClose: 'keep-running' | 'quit' | undefined
  readonly notifications: readonly NotificationClass[]
  readonly language: LanguageChoice
}

export interface PreferencesChange {
  readonly startAtLogin?: boolean
  readonly onClose?: 'keep-running' | 'quit'
  readonly notifications?: readonly NotificationClass[]
  readonly language?: LanguageChoice
}

export interface ListedServer {
  readonly id: string
  readonly name: string
  readonly origin: string
  /** SHA-256 of what it is told by: its certificate, or the authority of that. */
  readonly fingerprint: string
}

export interface ServerListing {
  readonly servers: readonly ListedServer[]
  /** Whether the system's store of secrets seals the list; else it is a file of this account alone. */
  readonly sealed: boolean
}

export type ServerChange =
  | ({ readonly action: 'add'; readonly name: string; readonly origin: string } & ServerPin)
  | { readonly action: 'open' | 'remove'; readonly id: string }

/** The certificate of the authority as PEM, or a fingerprint of it or of the server's own. */
export type ServerPin = { readonly authority: string } | { readonly fingerprint: string }
