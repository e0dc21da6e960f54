import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { SetupError } from './setup-codes.ts'

export const idleMinutes = 60

export type SetupSessions = ReturnType<typeof createSetupSessions>

/** One browser at a time; entering the code elsewhere ends it. It lives as long as the process. */
export function createSetupSessions({ clock, random }: { clock: Clock; random: Random }) {
  let open: { readonly digest: Buffer; lastSeen: number } | undefined

  const isAlive = () =>
    open !== undefined && clock.now() - open.lastSeen < idleMinutes * 60_000 ? open : undefined
  const digestOf = (token: string) => createHash('sha256').update(token).digest()

  function find(token: string | undefined) {
    const session = isAlive()
    if (session === undefined || token === undefined) return undefined
    return timingSafeEqual(session.digest, digestOf(token)) ? session : undefined
  }

  return {
    /** @throws SetupError when another browser has one, unless it is taken over. */
    open({ token, takeOver }: { token: string | undefined; takeOver: boolean }): string {
      if (isAlive() !== undefined && find(token) === undefined && !takeOver) {
        throw new SetupError('MOOR-SET-004')
      }
      const fresh = random.bytes(32).toString('base64url')
      open = { digest: digestOf(fresh), lastSeen: clock.now() }
      return fresh
    },

    /** Also keeps it alive. @throws SetupError */
    require(token: string | undefined): void {
      const session = find(token)
      if (session === undefined) throw new SetupError('MOOR-SET-005')
      session.lastSeen = clock.now()
    },

    isOpen: (token: string | undefined): boolean => find(token) !== undefined,

    close(token: string | undefined): void {
      if (find(token) !== undefined) open = undefined
    },
  }
}
