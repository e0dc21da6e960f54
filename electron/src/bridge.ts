import { z } from 'zod'
import {
  bridgeFunctions,
  channelOf,
  deepLinkReadyChannel,
  type BridgeFunction,
} from './bridge-contract.ts'
import { parseFingerprint } from './deep-link.ts'
import { securityPolicy } from './security-policy.ts'
import type { PageBridge } from './page-bridge.ts'
import { NotificationClass } from './settings.ts'
import type { BridgeSender, Shell } from './shell.ts'

const extension = z.string().regex(/^[a-z0-9]{1,12}$/i)
const title = z.string().min(1).max(120)
/** A path of the own server, as a page's address bar shows it. */
const pagePath = z
  .string()
  .max(2048)
  .regex(/^\/(?![/\\])[^\\]*$/)

const fingerprint = z
  .string()
  .max(120)
  .transform((text, context) => {
    const parsed = parseFingerprint(text)
    if (parsed !== undefined) return parsed
    context.addIssue({ code: 'custom', message: 'must be a SHA-256 fingerprint' })
    return z.NEVER
  })

const origin = z
  .url()
  .max(300)
  .refine((text) => new URL(text).origin === text && text.startsWith('https:'))

const added = { action: z.literal('add'), name: title.max(60), origin }

/** What each function takes; anything else is refused before it gets further. */
const bridgeArguments = {
  versions: z.tuple([]),
  pickFile: z.tuple([
    z.object({ title: title.optional(), extensions: z.array(extension).max(8).optional() }),
  ]),
  pickDirectory: z.tuple([z.object({ title: title.optional() })]),
  saveFile: z.tuple([
    z.object({
      /** A name, not a path. */
      name: z.string().regex(/^[^/\\:*?"<>|.][^/\\:*?"<>|]{0,119}$/u),
      text: z.string().max(securityPolicy.bridgeMaximumBytes),
    }),
  ]),
  removableDrives: z.tuple([]),
  trustCertificate: z.tuple([]),
  showProgress: z.tuple([z.object({ title, fraction: z.number().min(0).max(1) }).nullable()]),
  notify: z.tuple([
    z.object({
      class: NotificationClass,
      title,
      body: z.string().max(500),
      path: pagePath.optional(),
    }),
  ]),
  openLogs: z.tuple([]),
  restartServer: z.tuple([]),
  preferences: z.tuple([
    z
      .object({
        startAtLogin: z.boolean().optional(),
        onClose: z.enum(['keep-running', 'quit']).optional(),
        notifications: z.array(NotificationClass).max(5).optional(),
        language: z.enum(['desktop', 'en', 'ja']).optional(),
      })
      .nullable(),
  ]),
  servers: z.tuple([
    z
      .union([
        z.object({ ...added, authority: z.string().max(16_384) }).strict(),
        z.object({ ...added, fingerprint }).strict(),
        z.object({ action: z.literal('open'), id: z.string().max(40) }),
        z.object({ action: z.literal('remove'), id: z.string().max(40) }),
      ])
      .nullable(),
  ]),
} as const satisfies Record<PageFunction, z.ZodType<readonly unknown[]>>

/** All that reaches the main process; the rest the page does with its own preload script. */
type PageFunction = Exclude<keyof PageBridge, 'has' | 'onDeepLink'>

type Arguments<Name extends BridgeFunction> = z.infer<(typeof bridgeArguments)[Name]>

/** What the functions do; each answers with plain data. */
export type BridgeActions = {
  readonly [Name in BridgeFunction]: (...args: Arguments<Name>) => ReturnType<PageBridge[Name]>
}

export type ServerChange = NonNullable<Arguments<'servers'>[0]>
export type PreferencesChange = NonNullable<Arguments<'preferences'>[0]>

export interface BridgeInput {
  readonly shell: Shell
  readonly actions: BridgeActions
  /** Of the server that this program runs, while its page may use the bridge. */
  readonly ownOrigin: () => string | undefined
  readonly onListening: () => void
}

/** Answers the pages of the own server in the top frame, and nobody else. */
export function installBridge({ shell, actions, ownOrigin, onListening }: BridgeInput): void {
  const mayCall = ({ origin, isTopFrame }: BridgeSender) => {
    const own = ownOrigin()
    return own !== undefined && isTopFrame && origin === own
  }
  const install = (name: BridgeFunction) => {
    // The compiler does not see that `name` picks the schema and the action of the same function.
    const run = actions[name] as (...args: readonly unknown[]) => Promise<unknown>
    const schema: z.ZodType<readonly unknown[]> = bridgeArguments[name]
    shell.handleBridge(channelOf(name), async (sender, args) => {
      if (!mayCall(sender)) throw new Error(`${name} is not for this page`)
      const { success, data } = schema.safeParse(args)
      if (!success) throw new Error(`${name} does not take these arguments`)
      return run(...data)
    })
  }
  bridgeFunctions.forEach(install)
  shell.onBridgeSignal(deepLinkReadyChannel, (sender) => {
    if (mayCall(sender)) onListening()
  })
}
