import type { FromServer } from './server-messages.ts'

/** The line to whoever started this process. */
export interface ParentPort {
  send(message: FromServer): void
  onMessage(listener: (message: unknown) => void): void
  /** The other side is gone. */
  onClosed(listener: () => void): void
  /** Lets the process end, once what was sent is on its way. */
  close(): void
}

/** What Electron gives a utility process; Node knows nothing of it. */
interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void
}

const lastWordsMs = 200

export function openParentPort(): ParentPort {
  const electron = (process as { readonly parentPort?: ElectronPort }).parentPort
  return electron === undefined ? nodePort() : electronPort(electron)
}

function electronPort(port: ElectronPort): ParentPort {
  return {
    send: (message) => {
      port.postMessage(message)
    },
    onMessage: (listener) => {
      port.on('message', ({ data }) => {
        listener(data)
      })
    },
    // The system ends utility processes with the program that started them.
    onClosed: () => undefined,
    close() {
      // The port keeps the process alive, and does not say when a message has left.
      setTimeout(() => process.exit(), lastWordsMs)
    },
  }
}

function nodePort(): ParentPort {
  return {
    send(message) {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
    },
    onMessage: (listener) => {
      process.on('message', listener)
    },
    onClosed: (listener) => {
      process.once('disconnect', listener)
    },
    close() {
      if (process.connected) process.disconnect()
    },
  }
}
