import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { z } from 'zod'

const Bounds = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(100).max(20_000),
  height: z.int().min(100).max(20_000),
})

export const notificationClasses = ['job', 'drive', 'certificate', 'space', 'update'] as const

export const NotificationClass = z.enum(notificationClasses)

export const RemoteServer = z.object({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  name: z.string().trim().min(1).max(60),
  origin: z.string().max(300),
  /** SHA-256 of its certificate. */
  fingerprint: z.string().regex(/^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/),
})

export type RemoteServer = z.infer<typeof RemoteServer>

const Settings = z.object({
  startAtLogin: z.boolean().catch(false),
  /** What closing the window does; unset until somebody chose. */
  onClose: z.enum(['keep-running', 'quit']).optional().catch(undefined),
  notifications: z.array(NotificationClass).catch([]),
  bounds: Bounds.optional().catch(undefined),
  zoom: z.number().min(0.3).max(5).catch(1),
  servers: z.array(RemoteServer).max(50).catch([]),
})

export type Settings = z.infer<typeof Settings>

export interface SettingsFile {
  read(): Settings
  change(change: Partial<Settings>): Settings
}

/** What this program remembers between starts. A damaged file costs its damaged values only. */
export function openSettings(file: string): SettingsFile {
  let settings = Settings.parse(readJson(file))
  return {
    read: () => settings,
    change(change) {
      settings = Settings.parse({ ...settings, ...change })
      writeDurably(file, `${JSON.stringify(settings, undefined, 2)}\n`)
      return settings
    },
  }
}

function readJson(file: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function writeDurably(file: string, text: string): void {
  const neighbour = `${file}.part`
  try {
    const handle = openSync(neighbour, 'w', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(neighbour, file)
  } catch (error) {
    rmSync(neighbour, { force: true })
    throw error
  }
}
