import { installBridge, type PreferencesChange } from './bridge.ts'
import type { BridgeFeature } from './page-bridge.ts'
import { createAttachedService } from './attached-service.ts'
import { applyPreferences, createBridgeActions } from './bridge-actions.ts'
import { createBusy } from './busy.ts'
import { closeOrHide, mayQuit } from './closing.ts'
import { linkOfArguments, linkOfFile, parseDeepLink, type DeepLink } from './deep-link.ts'
import { createLinkDesk } from './link-desk.ts'
import type { LogFile } from './log-file.ts'
import { createMainWindow } from './main-window.ts'
import { applicationMenu } from './menu.ts'
import type { Platform } from './platform.ts'
import { securityPolicy } from './security-policy.ts'
import { createServerSupervisor, type ServerState } from './server-supervisor.ts'
import { openServerList, type ServerList } from './server-list.ts'
import { createHandover } from './service-handover.ts'
import type { RunProgram } from './service-commands.ts'
import type { SettingsFile } from './settings.ts'
import type { Shell } from './shell.ts'
import { createLiveTexts } from './texts.ts'
import { daysLeft, type TrayActions } from './tray-menu.ts'
import { createTray, type Tray } from './tray.ts'
import { trustCommand, type TrustCommand } from './trust-store.ts'
import { createWindowDirector } from './window-director.ts'

export interface ApplicationInput {
  readonly shell: Shell
  readonly platform: Platform
  readonly settings: SettingsFile
  readonly log: LogFile
  readonly environment: NodeJS.ProcessEnv
  readonly runTrustCommand: (command: TrustCommand) => Promise<void>
  readonly runProgram: RunProgram
  /** Whether there is such a file on this computer. */
  readonly isThere?: (path: string) => boolean
  /** Where the list of other servers is kept. */
  readonly serversFile: string
}

interface Application {
  show(): void
  take(link: DeepLink): void
}

/** The life of the desktop program, from single instance to quit. */
export async function runApplication(input: ApplicationInput): Promise<void> {
  const { shell } = input
  if (!shell.acquireSingleInstance()) {
    shell.exit(0)
    return
  }
  if (shell.isPackaged) shell.registerScheme(securityPolicy.deepLink.scheme)
  // macOS hands over the link that started the program before it is ready.
  const early: DeepLink[] = []
  const started: { application?: Application } = {}
  const take = (link: DeepLink | undefined) => {
    if (link === undefined) return
    if (started.application === undefined) early.push(link)
    else started.application.take(link)
  }
  shell.on('open-url', (address) => take(parseDeepLink(address)))
  shell.on('open-file', (file) => take(linkOfFile(file)))
  shell.on('second-instance', (args) => {
    started.application?.show()
    take(linkOfArguments(args))
  })
  await shell.whenReady()
  const servers = await openServerList(input.serversFile, await shell.openVault())
  const application = startApplication(input, servers, await shell.hasTrayHost())
  started.application = application
  for (const link of early) application.take(link)
  take(linkOfArguments(shell.args))
}

function startApplication(
  input: ApplicationInput,
  servers: ServerList,
  hasTray: boolean,
): Application {
  const { shell, platform, settings, environment } = input
  const language = () => {
    const chosen = settings.read().language
    return chosen === 'desktop' ? shell.language() : chosen
  }
  const live = createLiveTexts(language())
  const { texts } = live
  const log = (text: string) => input.log.write(text)
  let tray: Tray | undefined
  let isQuitting = false
  let isSafe = false
  let warnedDays: number | undefined

  const onChange = (state: ServerState) => {
    tray?.update()
    warnOfExpiry(state)
    void director.follow(state)
  }
  const { service } = settings.read()
  const isService = service !== undefined
  const server =
    service === undefined
      ? createServerSupervisor({
          fork: () => shell.forkServer(isSafe ? { ...environment, ...safeMode } : environment),
          platform,
          log,
          onChange,
          onActivity: ({ uploads }) => busy.setUploads(uploads),
          onHelpNeeded: (reason) => void offerHelp(reason),
        })
      : createAttachedService({ service, platform, run: input.runProgram, log, onChange })
  const window = createMainWindow({
    shell,
    platform,
    settings,
    devTools: !shell.isPackaged,
    features: featuresOf(shell, hasTray),
    log,
    onClose: (event) => {
      if (!isQuitting)
        void closeOrHide({ event, shell, settings, texts, hasTray, isService, window })
    },
    onExternalLink: (address) => void openOutside(address),
    onReloaded: () => {
      director.pageIsNew()
      const { reloadTitle: title, reloadBody: body } = texts
      shell.notify({ title, body, onClick: () => window.show() })
    },
    onPageLost: () => void offerHelp(texts.reloadBody),
  })
  const director = createWindowDirector({ window, state: () => server.state(), log })
  const busy = createBusy(shell, () => {
    tray?.update()
    window.setProgress(busy.progress()?.fraction)
  })

  const warnOfExpiry = (state: ServerState) => {
    const days = daysLeft({ state, now: platform.now() })
    if (days === undefined || days > warnDays || warnedDays === days) return
    warnedDays = days
    if (!settings.read().notifications.includes('certificate')) return
    const onClick = () => director.openPage('/certificates')
    shell.notify({ title: texts.expiresTitle, body: texts.expiresBody(days), onClick })
  }

  const openOutside = async (detail: string) => {
    const buttons = [texts.openExternal, texts.cancel]
    const chosen = await shell.ask({ title: texts.externalTitle, detail, buttons })
    if (chosen === 0) await shell.openExternal(detail)
  }

  const offerHelp = async (reason: string) => {
    const detail = [reason, '', ...input.log.lastLines(12), '', texts.safeModeNote].join('\n')
    const buttons = [texts.tryAgain, texts.openLogs, texts.safeMode, texts.quit]
    const chosen = await shell.ask({ title: texts.failedTitle, detail, buttons })
    if (chosen === 1) await shell.openFolder(shell.folders.logs)
    else if (chosen === 3) shell.quit()
    else {
      isSafe = chosen === 2
      await server.restart()
    }
  }

  const onPreferences = () => {
    live.use(language())
    tray?.update()
    shell.setApplicationMenu(
      applicationMenu({
        texts,
        platform: shell.platform,
        servers: servers.read(),
        isService,
        actions: {
          ...actions,
          runAsService: () => void handover.toService(),
          runHere: () => void handover.toProgram(),
        },
        director,
      }),
    )
  }

  const withAddress = (textOf: (address: string) => string) => {
    const state = server.state()
    if (state.kind === 'running') shell.copyText(textOf(state.address))
  }

  const prefer = (change: PreferencesChange) =>
    applyPreferences({ shell, settings, onPreferences }, change)

  const actions: TrayActions = {
    open: () => director.showLocal(),
    copyAddress: () => withAddress((address) => address),
    copyLogin: () => withAddress((address) => `podman login ${address}`),
    start: () => server.start(),
    stop: () => void server.stop(),
    restart: () => {
      isSafe = false
      void server.restart()
    },
    openLogs: () => void shell.openFolder(shell.folders.logs),
    openHelp: () => director.openPage('/help'),
    setStartAtLogin: (startAtLogin) => prefer({ startAtLogin }),
    setNotifications: (notifications) => prefer({ notifications: [...notifications] }),
    setLanguage: (language) => prefer({ language }),
    quit: () => shell.quit(),
  }

  const end = async () => {
    isQuitting = true
    await server.end()
    window.destroy()
    shell.exit(0)
  }

  const handover = createHandover({
    ...{ shell, settings, server, texts, environment, run: input.runProgram },
    ...(input.isThere === undefined ? {} : { isThere: input.isThere }),
    relaunch() {
      isQuitting = true
      window.destroy()
      shell.relaunch()
    },
  })

  const shared = { shell, settings, servers, texts, onPreferences, ...director }
  const links = createLinkDesk(shared)

  installBridge({
    shell,
    ownOrigin: () => director.bridgeOrigin(),
    onListening: () => director.pageListens(),
    actions: createBridgeActions({
      ...shared,
      server,
      environment,
      runTrustCommand: input.runTrustCommand,
      onProgress: (progress) => busy.setProgress(progress),
    }),
  })
  shell.on('activate', () => director.showLocal())
  shell.on('windows-closed', () => {
    if (!hasTray && !isQuitting) shell.quit()
  })
  shell.on('session-end', () => void end())
  shell.on('before-quit', (event) => {
    event.preventDefault()
    if (isQuitting) return
    // A service goes on without this program.
    const work = isService ? { uploads: 0, jobs: [] } : busy.work()
    void mayQuit({ shell, texts, work }).then((yes) => (yes ? end() : undefined))
  })

  onPreferences()
  if (hasTray) {
    const view = () => ({
      state: server.state(),
      uploads: busy.uploads(),
      progress: busy.progress(),
      ...settings.read(),
      now: platform.now(),
    })
    tray = createTray({ shell, platform, texts, view, actions })
  }
  server.watch()
  // Without a tray a hidden program could not be found again.
  if (!shell.args.includes('--hidden') || !hasTray) window.show()
  return { show: () => director.showLocal(), take: (link) => void links.take(link) }
}

const warnDays = 14

function featuresOf({ platform }: Shell, hasTray: boolean): readonly BridgeFeature[] {
  const canTrust = trustCommand(platform, '') !== undefined
  const always: readonly BridgeFeature[] = ['pickDirectory', 'usb']
  return [
    ...always,
    ...(canTrust ? ['trustStore' as const] : []),
    ...(hasTray ? ['tray' as const] : []),
  ]
}

/** Answers this computer only, and changes nothing that clients stored. */
const safeMode: NodeJS.ProcessEnv = {
  MOORING_LISTEN_HOST: '127.0.0.1',
  QUAY_OVERRIDE_CONFIG: JSON.stringify({ REGISTRY_STATE: 'readonly' }),
}
