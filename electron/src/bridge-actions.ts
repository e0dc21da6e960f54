import { createHash, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BridgeActions, PreferencesChange, ServerChange } from './bridge.ts'
import type { RemovableDrive } from './removable-drives.ts'
import { drivesOfLetters, drivesOfMounts, drivesOfVolumes } from './removable-drives.ts'
import type { ServerSupervisor } from './server-supervisor.ts'
import type { RemoteServer, SettingsFile } from './settings.ts'
import type { Shell } from './shell.ts'
import type { Texts } from './texts.ts'
import type { PageProgress } from './tray-menu.ts'
import { trustCommand, type TrustCommand } from './trust-store.ts'

export interface BridgeActionsInput {
  readonly shell: Shell
  readonly settings: SettingsFile
  readonly server: ServerSupervisor
  readonly texts: Texts
  readonly environment: NodeJS.ProcessEnv
  readonly runTrustCommand: (command: TrustCommand) => Promise<void>
  readonly onProgress: (progress: PageProgress | undefined) => void
  readonly openPage: (path: string) => void
  readonly openServer: (server: RemoteServer) => void
  readonly onPreferences: () => void
}

export function createBridgeActions(input: BridgeActionsInput): BridgeActions {
  const { shell, settings, server, texts } = input
  return {
    async versions() {
      return { ...shell.versions, platform: shell.platform }
    },
    pickFile: ({ title, extensions }) =>
      shell.pickPath({
        kind: 'file',
        ...(title === undefined ? {} : { title }),
        ...(extensions === undefined ? {} : { extensions }),
      }),
    pickDirectory: ({ title }) =>
      shell.pickPath({ kind: 'directory', ...(title === undefined ? {} : { title }) }),
    async saveFile({ name, text }) {
      const target = await shell.pickSaveTarget(name)
      if (target === undefined) return { saved: false }
      await writeFile(target, text, { mode: 0o600 })
      return { saved: true }
    },
    removableDrives: () => removableDrives(shell.platform, input.environment),
    trustCertificate: () => trustAuthority(input),
    async showProgress(progress) {
      input.onProgress(progress ?? undefined)
    },
    async notify(notice) {
      if (!settings.read().notifications.includes(notice.class)) return { shown: false }
      const { title, body, path } = notice
      shell.notify({ title, body, onClick: () => input.openPage(path ?? '/') })
      return { shown: true }
    },
    openLogs: () => shell.openFolder(shell.folders.logs),
    restartServer: () => server.restart(),
    async preferences(change) {
      if (change !== null) applyPreferences(input, change)
      const { startAtLogin, onClose, notifications } = settings.read()
      return { startAtLogin, onClose, notifications }
    },
    async servers(change) {
      if (change !== null) await changeServers(input, change)
      return settings.read().servers.map(({ id, name, origin }) => ({ id, name, origin }))
    },
  }

  /** Asks with the fingerprint in sight: the page only says that it wants this. */
  async function trustAuthority({ runTrustCommand }: BridgeActionsInput) {
    const state = server.state()
    const authority = state.kind === 'running' ? state.pin.authorities[0] : undefined
    if (authority === undefined) return { trusted: false }
    const { fingerprint256 } = new X509Certificate(authority)
    const chosen = await shell.ask({
      title: texts.trustTitle,
      detail: texts.trustDetail(fingerprint256),
      buttons: [texts.trust, texts.cancel],
    })
    const file = join(shell.folders.userData, 'mooring-ca.crt')
    const command = trustCommand(shell.platform, file)
    if (chosen !== 0 || command === undefined) return { trusted: false }
    await writeFile(file, authority, { mode: 0o644 })
    return runTrustCommand(command).then(
      () => ({ trusted: true }),
      // Mostly the person who said no to the system's own question.
      () => ({ trusted: false }),
    )
  }
}

export function applyPreferences(
  {
    shell,
    settings,
    onPreferences,
  }: Pick<BridgeActionsInput, 'shell' | 'settings' | 'onPreferences'>,
  change: PreferencesChange,
): void {
  const given = Object.entries(change).filter(([, value]) => value !== undefined)
  settings.change(Object.fromEntries(given))
  if (change.startAtLogin !== undefined) shell.setLoginItem(change.startAtLogin)
  onPreferences()
}

async function changeServers(input: BridgeActionsInput, change: ServerChange): Promise<void> {
  const { settings } = input
  const { servers } = settings.read()
  if (change.action === 'add') {
    const { name, origin, fingerprint } = change
    await addServer(input, { name, origin, fingerprint })
  } else if (change.action === 'remove') {
    settings.change({ servers: servers.filter(({ id }) => id !== change.id) })
    input.onPreferences()
  } else {
    const wanted = servers.find(({ id }) => id === change.id)
    if (wanted !== undefined) input.openServer(wanted)
  }
}

/** Whoever asks, a person reads the address and the fingerprint and says yes. */
export async function addServer(
  {
    shell,
    settings,
    texts,
    onPreferences,
  }: Pick<BridgeActionsInput, 'shell' | 'settings' | 'texts' | 'onPreferences'>,
  { name, origin, fingerprint }: Omit<RemoteServer, 'id'>,
): Promise<RemoteServer | undefined> {
  const chosen = await shell.ask({
    title: texts.connectTitle(name),
    detail: texts.connectDetail(origin, fingerprint),
    buttons: [texts.add, texts.cancel],
  })
  if (chosen !== 0) return undefined
  const id = createHash('sha256').update(`${origin} ${fingerprint}`).digest('hex').slice(0, 12)
  const added = { id, name, origin, fingerprint }
  const others = settings.read().servers.filter((one) => one.id !== id)
  settings.change({ servers: [...others, added].slice(-50) })
  onPreferences()
  return added
}

async function removableDrives(
  platform: NodeJS.Platform,
  environment: NodeJS.ProcessEnv,
): Promise<readonly RemovableDrive[]> {
  if (platform === 'win32') {
    return drivesOfLetters((path) => existsSync(path), environment['SystemDrive'] ?? 'C:')
  }
  if (platform === 'darwin') {
    const entries = readdirSync('/Volumes', { withFileTypes: true })
    return drivesOfVolumes(
      entries.map((entry) => ({ name: entry.name, isLink: entry.isSymbolicLink() })),
    )
  }
  return drivesOfMounts(await readFile('/proc/self/mounts', 'utf8').catch(() => ''))
}
