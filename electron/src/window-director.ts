import { deepLinkChannel } from './bridge-contract.ts'
import { localTarget, type MainWindow, type WindowTarget } from './main-window.ts'
import type { ServerState } from './server-supervisor.ts'
import { pinOf, type RemoteServer } from './remote-server.ts'
import { enterSetup } from './setup-entry.ts'

/** Decides which page of which server the window shows. */
export interface WindowDirector {
  /** The local server is in another state now. */
  follow(state: ServerState): Promise<void>
  /** Brings the window to the front, on the local server unless it shows one already. */
  showLocal(): void
  /** A page of the local server; waits for the server where it is not up yet. */
  openPage(path: string): void
  openServer(server: RemoteServer): void
  /** The page says that it takes links itself, so that it can ask before it is left. */
  pageListens(): void
  pageIsNew(): void
  /** Whose pages may use the bridge. */
  bridgeOrigin(): string | undefined
}

export interface WindowDirectorInput {
  readonly window: MainWindow
  readonly state: () => ServerState
  readonly log: (text: string) => void
}

export function createWindowDirector({ window, state, log }: WindowDirectorInput): WindowDirector {
  let isListening = false
  let waitingPath: string | undefined

  const open = (target: WindowTarget, path: string) => {
    isListening = false
    window.open(target, path)
  }
  const isOnRemote = () => {
    const target = window.target()
    return target !== undefined && target.id !== localTarget
  }

  const followSetup = async (setup: Extract<ServerState, { kind: 'setup' }>) => {
    const target = { id: localTarget, origin: setup.url, pin: setup.pin }
    await enterSetup(window.lock(target), setup, log)
    if (state() === setup) open(target, '/setup')
  }

  return {
    async follow(next) {
      if (isOnRemote()) return
      if (next.kind === 'setup') await followSetup(next)
      if (next.kind !== 'running') return
      const target = { id: localTarget, origin: next.url, pin: next.pin }
      const isShown = window.target()?.origin === next.url && waitingPath === undefined
      if (isShown) window.repin(target)
      else {
        open(target, waitingPath ?? '/')
        waitingPath = undefined
      }
    },
    showLocal() {
      const now = state()
      if (isOnRemote()) {
        if (now.kind === 'running') open(local(now), '/')
        else if (now.kind === 'setup') void followSetup(now)
      }
      window.show()
    },
    openPage(path) {
      const now = state()
      if (now.kind !== 'running') waitingPath = path
      else if (isListening && !isOnRemote()) window.send(deepLinkChannel, path)
      else open(local(now), path)
      window.show()
    },
    openServer(server) {
      open({ id: `remote-${server.id}`, origin: server.origin, pin: pinOf(server) }, '/')
      window.show()
    },
    pageListens() {
      isListening = true
    },
    pageIsNew() {
      isListening = false
    },
    bridgeOrigin() {
      const target = window.target()
      return target?.id === localTarget ? target.origin : undefined
    },
  }
}

function local({ url, pin }: Extract<ServerState, { kind: 'running' }>): WindowTarget {
  return { id: localTarget, origin: url, pin }
}
