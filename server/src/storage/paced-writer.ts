import type { Writable } from 'node:stream'
import { TransferStopped } from './transfer-stopped.ts'

export type PacedWriter = ReturnType<typeof pacedWriter>

/**
 * Writes to a stream and tells when the bytes have left the buffer. Never hangs: a target that
 * closes, fails or is no longer wanted settles every write. `write` doesn't reject, so that writes
 * may overlap; `check` throws what went wrong.
 */
export function pacedWriter(target: Writable, signal: AbortSignal) {
  const settlers = new Set<() => void>()
  let stopped: TransferStopped | undefined

  function stop(cause: unknown): void {
    stopped ??= new TransferStopped({ cause })
    for (const settle of settlers) settle()
    settlers.clear()
  }

  const onAbort = () => {
    stop(signal.reason)
  }
  const onClose = () => {
    stop(undefined)
  }
  target.on('close', onClose)
  target.on('error', stop)
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  if (target.destroyed || target.writableEnded) onClose()

  return {
    write(bytes: Uint8Array): Promise<void> {
      return new Promise((resolve) => {
        if (stopped) {
          resolve()
          return
        }
        settlers.add(resolve)
        target.write(bytes, (error) => {
          settlers.delete(resolve)
          if (error) stop(error)
          resolve()
        })
      })
    },

    check(): void {
      if (stopped) throw stopped
    },

    release(): void {
      target.off('close', onClose)
      target.off('error', stop)
      signal.removeEventListener('abort', onAbort)
    },
  }
}
