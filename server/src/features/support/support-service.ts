import type { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { maskedSetting } from '../../config/describe-settings.ts'
import type { Clock, Instant } from '../../platform/clock.ts'
import { createNameMask, type KnownNames } from './name-mask.ts'
import { createSecretScrub } from './secret-scrub.ts'
import { supportArchive, type SupportFile } from './support-archive.ts'

/** One file of a bundle, before anything is masked. */
export interface SupportPart {
  readonly name: string
  readonly read: (since: Instant) => Promise<SupportContent>
}

export type SupportContent =
  | { readonly kind: 'json'; readonly value: unknown }
  /** Of a log, the oldest first; JSON where the server wrote them. */
  | { readonly kind: 'lines'; readonly lines: readonly string[] }

export interface SupportSelection {
  /** How far back the log goes. */
  readonly hours: number
  readonly showNames: boolean
}

export type SupportService = ReturnType<typeof createSupportService>

const hourMs = 3_600_000
const batchLines = 200
/** Of a line of the log: nothing of these is a name. */
const fixedFields = new Set(['level', 'time'])

/** What somebody who helps needs to know about this registry; never a secret. */
export function createSupportService({
  parts,
  names,
  secrets,
  clock,
}: {
  parts: readonly SupportPart[]
  names: () => Promise<KnownNames>
  secrets: () => Promise<readonly string[]>
  clock: Clock
}) {
  async function collect({ hours, showNames }: SupportSelection, now: Instant) {
    const scrub = createSecretScrub(await secrets())
    const mask = showNames ? (text: string) => text : createNameMask(await names())
    const clean = (text: string) => mask(scrub(text))
    const files: SupportFile[] = []
    for (const { name, read } of parts) {
      const content = await read(now - hours * hourMs).catch(unavailable)
      const text =
        content.kind === 'json'
          ? `${JSON.stringify(cleanValue(content.value, clean), undefined, 2)}\n`
          : await cleanLines(content.lines, clean)
      files.push({ name, content: Buffer.from(text) })
    }
    return files
  }

  return {
    async preview(selection: SupportSelection) {
      const to = clock.now()
      const files = await collect(selection, to)
      return {
        from: to - selection.hours * hourMs,
        to,
        masked: !selection.showNames,
        files: files.map(({ name, content }) => ({ name, sizeBytes: content.length })),
      }
    },

    async bundle(selection: SupportSelection): Promise<{ name: string; stream: Readable }> {
      const now = clock.now()
      const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
      const folder = `mooring-support-${stamp}`
      const files = await collect(selection, now)
      return { name: `${folder}.tar.gz`, stream: await supportArchive(folder, files, now) }
    },
  }
}

/** A bundle is wanted most when something does not work. */
function unavailable(error: unknown): SupportContent {
  const reason = error instanceof Error ? error.message : String(error)
  return { kind: 'json', value: { unavailable: reason } }
}

async function cleanLines(
  lines: readonly string[],
  clean: (text: string) => string,
): Promise<string> {
  const done: string[] = []
  for (const [index, line] of lines.entries()) {
    if (index % batchLines === batchLines - 1) await turn()
    done.push(cleanLine(line, clean))
  }
  return done.map((line) => `${line}\n`).join('')
}

function cleanLine(line: string, clean: (text: string) => string): string {
  if (!line.startsWith('{')) return clean(line)
  try {
    const fields = Object.entries(JSON.parse(line) as Record<string, unknown>).map(
      ([key, value]): readonly [string, unknown] =>
        fixedFields.has(key) ? [key, value] : [key, cleanValue(maskedSetting(key, value), clean)],
    )
    return JSON.stringify(Object.fromEntries(fields))
  } catch {
    return clean(line)
  }
}

function cleanValue(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map((one: unknown) => cleanValue(one, clean))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, cleanValue(one, clean)]),
  )
}
