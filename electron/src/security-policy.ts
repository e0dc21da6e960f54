/** What the shell allows, as data: the code only looks things up here, and a test reads it whole. */
export const securityPolicy = {
  window: {
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    spellcheck: false,
    safeDialogs: true,
  },
  /** Pages of the own origin, in the top frame, may have these; everything else is denied. */
  permissions: ['clipboard-sanitized-write', 'notifications', 'fullscreen'],
  /** What may leave for the system's browser, after a question that shows the address. */
  externalProtocols: ['https:'],
  deepLink: { scheme: 'mooring', actions: ['open', 'import', 'connect'], maximumLength: 2048 },
  /** Arguments of the bridge beyond this are refused before anything reads them. */
  bridgeMaximumBytes: 8 * 1024 * 1024,
  reloads: { most: 3, withinMs: 60_000 },
  /** The packaged program does not start with one of these: each of them undoes something above. */
  forbiddenSwitches: [
    'ignore-certificate-errors',
    'ignore-certificate-errors-spki-list',
    'allow-insecure-localhost',
    'disable-web-security',
    'no-sandbox',
    'remote-debugging-port',
    'remote-debugging-pipe',
    'host-rules',
    'proxy-server',
  ],
  /** Flipped in the packaged program before it is signed. */
  fuses: {
    RunAsNode: false,
    EnableCookieEncryption: true,
    EnableNodeOptionsEnvironmentVariable: false,
    EnableNodeCliInspectArguments: false,
    EnableEmbeddedAsarIntegrityValidation: true,
    OnlyLoadAppFromAsar: true,
    LoadBrowserProcessSpecificV8Snapshot: false,
    GrantFileProtocolExtraPrivileges: false,
    WasmTrapHandlers: true,
  },
} as const
