import { Problem } from '../../problem.ts'

export type StreamLimit = ReturnType<typeof createStreamLimit>

/** Each stream is a connection that stays open. */
export function createStreamLimit({
  perUser = 12,
  inAll = 500,
}: { readonly perUser?: number; readonly inAll?: number } = {}) {
  const open = new Map<number, number>()
  let total = 0

  return {
    /** @returns what gives the place back. @throws Problem `conflict` */
    take(userId: number): () => void {
      const own = open.get(userId) ?? 0
      if (own >= perUser || total >= inAll) {
        throw new Problem('conflict', { message: 'Too many event streams are open.' })
      }
      open.set(userId, own + 1)
      total++
      let isHeld = true
      return () => {
        if (!isHeld) return
        isHeld = false
        total--
        const left = (open.get(userId) ?? 1) - 1
        if (left > 0) open.set(userId, left)
        else open.delete(userId)
      }
    },
  }
}
