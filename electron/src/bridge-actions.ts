import { X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BridgeActions, PreferencesChange, ServerChange } from './bridge.ts'
import type { PageProgress, RemovableDrive } from './page-bridge.ts'
import { drivesOfLetters, drivesOfMounts, drivesOfVolumes } from './removable-drives.ts'
import type { ServerSupervisor } from './server-supervisor.ts'
import { createRemoteServer, fingerprintOfAuthority, type RemoteServer } from './remote-server.ts'
import type { ServerList } from './server-list.ts'
import type { SettingsFile } from './settings.ts'
import type { Shell } from './shell.ts'
import type { Texts } from './texts.ts'
import { trustCommand, type TrustCommand } from './trust-store.ts'

export interface BridgeActionsInput {
  readonly shell: Shell
  readonly settings: SettingsFile
  readonly servers: ServerList
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
  const { shell, settings, servers, server, texts } = input
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
      const { startAtLogin, onClose, notifications, language } = settings.read()
      return { startAtLogin, onClose, notifications, language }
    },
    async servers(change) {
      if (change !== null) await changeServers(input, change)
      const listed = servers.read().map(({ authority: _, ...server }) => server)
      return { servers: listed, sealed: servers.isSealed }
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
  const { servers } = input
  const list = servers.read()
  if (change.action === 'add') {
    const { name, origin } = change
    if ('fingerprint' in change)
      await addServer(input, { name, origin, fingerprint: change.fingerprint })
    else {
      const { authority } = change
      const fingerprint = fingerprintOfAuthority(authority)
      if (fingerprint === undefined)
        throw new Error('servers takes the certificate of an authority')
      await addServer(input, { name, origin, fingerprint, authority })
    }
  } else if (change.action === 'remove') {
    await servers.replace(list.filter(({ id }) => id !== change.id))
    input.onPreferences()
  } else {
    const wanted = list.find(({ id }) => id === change.id)
    if (wanted !== undefined) input.openServer(wanted)
  }
}

const mostServers = 50

/** Whoever asks, a person reads the address and the fingerprint and says yes. */
export async function addServer(
  {
    shell,
    servers,
    texts,
    onPreferences,
  }: Pick<BridgeActionsInput, 'shell' | 'servers' | 'texts' | 'onPreferences'>,
  { name, origin, fingerprint, authority }: Omit<RemoteServer, 'id'>,
): Promise<RemoteServer | undefined> {
  const detail = texts.connectDetail(origin, fingerprint)
  const chosen = await shell.ask({
    title: texts.connectTitle(name),
    detail: servers.isSealed ? detail : `${detail}\n\n${texts.listNotSealed}`,
    buttons: [texts.add, texts.cancel],
  })
  if (chosen !== 0) return undefined
  const added = createRemoteServer({ name, origin, fingerprint, authority })
  const others = servers.read().filter((one) => one.id !== added.id)
  await servers.replace([...others, added].slice(-mostServers))
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
