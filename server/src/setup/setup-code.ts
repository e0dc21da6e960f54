import { timingSafeEqual } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import type { Clock, Instant } from '../platform/clock.ts'
import { writeFileDurably } from '../platform/files.ts'
import type { Random } from '../platform/random.ts'
import { drawReadableCode, normalizeCode } from '../platform/readable-code.ts'
import { SetupError } from './setup-codes.ts'

const lifeMs = 24 * 3_600_000
const freeTries = 5
const firstPauseMs = 60_000
const longestPauseMs = 24 * 3_600_000

export interface SetupCodeFile {
  /** `ABCD-EFGH-JKMN-PQRS` */
  readonly code: string
  readonly expiresAt: Instant
}

interface Place {
  readonly dataDir: string
  readonly clock: Clock
}

const fileOf = ({ dataDir }: Place) => path.join(dataDir, 'setup-code')

export async function drawSetupCode(place: Place & { random: Random }): Promise<SetupCodeFile> {
  const code = drawReadableCode(place.random)
  const expiresAt = place.clock.now() + lifeMs
  const text = `${code}\nvalid until ${new Date(expiresAt).toISOString()}\n`
  await writeFileDurably(fileOf(place), text, 0o600)
  return { code, expiresAt }
}

/** The code of the file, expired or not. */
export async function readSetupCode(place: Place): Promise<SetupCodeFile | undefined> {
  try {
    const text = await readFile(fileOf(place), 'utf8')
    const [, code, until] = /^([0-9A-Z-]{19})\nvalid until (\S+)\n/.exec(text) ?? []
    const expiresAt = Date.parse(until ?? '')
    return code === undefined || Number.isNaN(expiresAt) ? undefined : { code, expiresAt }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The code that is valid now; a new one where there is none. */
export async function currentSetupCode(place: Place & { random: Random }): Promise<SetupCodeFile> {
  const found = await readSetupCode(place)
  return found !== undefined && found.expiresAt > place.clock.now() ? found : drawSetupCode(place)
}

export async function removeSetupCode(place: Pick<Place, 'dataDir'>): Promise<void> {
  await rm(path.join(place.dataDir, 'setup-code'), { force: true })
}

/**
 * Checks codes that strangers send. After five wrong ones everybody waits a minute, and twice as
 * long after each further one.
 */
export function createCodeDesk(place: Place) {
  let wrong = 0
  let pausedUntil = 0

  return {
    /** @throws SetupError */
    async require(typed: string): Promise<void> {
      const valid = await readSetupCode(place)
      // From here on nothing waits, so that tries side by side are counted one by one.
      const now = place.clock.now()
      if (now < pausedUntil) {
        throw new SetupError('MOOR-SET-003', { seconds: Math.ceil((pausedUntil - now) / 1_000) })
      }
      const isRight = valid !== undefined && isSame(normalizeCode(typed), normalizeCode(valid.code))
      if (isRight && valid.expiresAt <= now) throw new SetupError('MOOR-SET-002')
      if (isRight) {
        wrong = 0
        return
      }
      wrong += 1
      if (wrong >= freeTries) {
        pausedUntil = now + Math.min(firstPauseMs * 2 ** (wrong - freeTries), longestPauseMs)
      }
      throw new SetupError('MOOR-SET-001')
    },
  }
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => Buffer.from(text.padEnd(64).slice(0, 64)))
  return a !== undefined && b !== undefined && timingSafeEqual(a, b)
}
