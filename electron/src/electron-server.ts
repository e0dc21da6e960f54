import { utilityProcess } from 'electron'
import { fileURLToPath } from 'node:url'
import type { ServerChild, ServerChildEvents } from './shell.ts'

const entry = fileURLToPath(new URL('server-process.js', import.meta.url))

export function forkElectronServer(environment: NodeJS.ProcessEnv): ServerChild {
  const env = Object.fromEntries(
    Object.entries(environment).filter((one): one is [string, string] => one[1] !== undefined),
  )
  const child = utilityProcess.fork(entry, [], {
    env,
    serviceName: 'Mooring registry',
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr?.setEncoding('utf8')
  return {
    send: (message) => {
      child.postMessage(message)
    },
    kill: () => {
      child.kill()
    },
    on(name, listener) {
      const attach: AttachChild = {
        message: (run) => child.on('message', run),
        log: (run) => child.stderr?.on('data', run),
        exit: (run) => child.once('exit', run),
      }
      attach[name](listener)
    },
  }
}

type AttachChild = {
  readonly [Name in keyof ServerChildEvents]: (run: ServerChildEvents[Name]) => unknown
}
