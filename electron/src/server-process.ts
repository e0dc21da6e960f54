import { runServer } from '@mooring/server/run'
import { openParentPort } from './parent-port.ts'
import { reportServer } from './server-report.ts'
import { ToServer } from './server-messages.ts'

/**
 * The server in a process of its own, started by the shell as a utility process and by tests as a
 * plain Node child. It says over its port what it does, and ends when it is told to or left alone.
 */
const port = openParentPort()
const stopping = new AbortController()

port.onMessage((raw) => {
  if (ToServer.safeParse(raw).success) stopping.abort()
})
port.onClosed(() => {
  stopping.abort()
})
process.once('SIGTERM', () => {
  stopping.abort()
})

port.send({ type: 'starting' })
try {
  await runServer(
    { isDesktop: true },
    {
      stopping,
      onSetup: ({ url, code, fingerprint }) => {
        port.send({ type: 'setup', url: new URL(url).origin, code, fingerprint })
      },
      onRunning: (config, server) =>
        reportServer({
          config,
          server,
          stopping: stopping.signal,
          send: (message) => port.send(message),
        }),
    },
  )
} catch (error) {
  port.send({ type: 'failed', message: error instanceof Error ? error.message : String(error) })
  process.exitCode = 1
}
port.close()
