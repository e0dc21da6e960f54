import { randomUUID } from 'node:crypto'
import type { TemporaryFolder } from '../../test/support/temporary.ts'
import { runApplication } from './application.ts'
import { channelOf } from './bridge-contract.ts'
import { createFakeDesktop, createFakeLog, createFakePlatform } from './fake-desktop.ts'
import type { ProgramCall, ProgramEnd } from './service-commands.ts'
import { openSettings, type AttachedService } from './settings.ts'
import type { MenuEntry } from './shell.ts'

export const url = 'https://127.0.0.1:8443'
export const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
export const running = {
  type: 'running',
  url,
  address: 'box.example:8443',
  pin: { fingerprints: [fingerprint], authorities: [] },
}

export interface StartOptions extends NonNullable<Parameters<typeof createFakeDesktop>[0]> {
  readonly service?: AttachedService
  readonly run?: (call: ProgramCall) => Promise<ProgramEnd>
  readonly serversFile?: string
  readonly isThere?: (path: string) => boolean
}

/** The program on an invented desktop; its files lie in the folder. */
export async function startDesktop(folder: TemporaryFolder, options: StartOptions = {}) {
  const desktop = createFakeDesktop(options)
  const { platform, advance } = createFakePlatform()
  const id = randomUUID()
  const settings = openSettings(folder.join(`settings-${id}.json`))
  if (options.service !== undefined) settings.change({ service: options.service })
  const serversFile = options.serversFile ?? folder.join(`servers-${id}.json`)
  const log = createFakeLog()
  const runs: ProgramCall[] = []
  await runApplication({
    shell: desktop.shell,
    platform,
    settings,
    log,
    environment: { MOORING_DATA_DIR: '/u/data', HOME: '/home/ada' },
    runTrustCommand: async () => undefined,
    async runProgram(call) {
      runs.push(call)
      return options.run?.(call) ?? { succeeded: true, output: '' }
    },
    serversFile,
    isThere: options.isThere ?? (() => false),
  })
  const say = (message: unknown) => desktop.servers.at(-1)?.on.message?.(message)
  const call = async (name: Parameters<typeof channelOf>[0], argument?: unknown, origin = url) =>
    desktop.handlers.get(channelOf(name))?.(
      { origin, isTopFrame: true },
      argument === undefined ? [] : [argument],
    )
  return { ...desktop, advance, settings, log, say, call, runs, serversFile }
}

export const labels = (menu: readonly MenuEntry[] | undefined) =>
  (menu ?? []).flatMap((entry) => ('label' in entry ? [entry.label] : []))

/** The entry behind these labels, from the outermost menu inwards. */
function entryOf(menu: readonly MenuEntry[] | undefined, ...path: readonly string[]): MenuEntry {
  const [label, ...rest] = path
  const entry = (menu ?? []).find((one) => 'label' in one && one.label === label)
  if (entry === undefined) throw new Error(`no ${String(label)} in ${labels(menu).join(', ')}`)
  return rest.length === 0 || entry.kind !== 'menu' ? entry : entryOf(entry.entries, ...rest)
}

export function choose(menu: readonly MenuEntry[] | undefined, ...path: readonly string[]): void {
  const entry = entryOf(menu, ...path)
  if (entry.kind === 'action') entry.run()
  else if (entry.kind === 'checkbox') entry.run(!entry.checked)
}

export const settled = () => new Promise((resolve) => setImmediate(resolve))
