import { z } from 'zod'
import { readJson, writeDurably } from './durable-file.ts'
import { Fingerprint } from './remote-server.ts'

const Bounds = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().min(100).max(20_000),
  height: z.int().min(100).max(20_000),
})

export const notificationClasses = ['job', 'drive', 'certificate', 'space', 'update'] as const

export const NotificationClass = z.enum(notificationClasses)

/** The registry as a service of this account, which this program only shows. */
export const AttachedService = z.object({
  /** The command that manages it. */
  program: z.string(),
  url: z.string().max(300),
  address: z.string().max(300),
  pin: z.object({
    fingerprints: z.array(Fingerprint).max(16),
    authorities: z.array(z.string().max(65_536)).max(16),
  }),
})

export type AttachedService = z.infer<typeof AttachedService>

const Settings = z.object({
  startAtLogin: z.boolean().catch(false),
  /** What closing the window does; unset until somebody chose. */
  onClose: z.enum(['keep-running', 'quit']).optional().catch(undefined),
  notifications: z.array(NotificationClass).catch([]),
  bounds: Bounds.optional().catch(undefined),
  zoom: z.number().min(0.3).max(5).catch(1),
  language: z.enum(['desktop', 'en', 'ja']).catch('desktop'),
  service: AttachedService.optional().catch(undefined),
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
