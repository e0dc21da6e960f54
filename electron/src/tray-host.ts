import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

type Ask = (program: string, args: readonly string[]) => Promise<string>

const watcher = 'org.kde.StatusNotifierWatcher'

/** The same question to whichever of these programs the desktop has. */
const questions: readonly (readonly [string, readonly string[]])[] = [
  [
    'busctl',
    [
      '--user',
      'get-property',
      watcher,
      '/StatusNotifierWatcher',
      watcher,
      'IsStatusNotifierHostRegistered',
    ],
  ],
  [
    'gdbus',
    [
      'call',
      '--session',
      '--dest',
      watcher,
      '--object-path',
      '/StatusNotifierWatcher',
      '--method',
      'org.freedesktop.DBus.Properties.Get',
      watcher,
      'IsStatusNotifierHostRegistered',
    ],
  ],
  [
    'dbus-send',
    [
      '--session',
      '--print-reply',
      `--dest=${watcher}`,
      '/StatusNotifierWatcher',
      'org.freedesktop.DBus.Properties.Get',
      `string:${watcher}`,
      'string:IsStatusNotifierHostRegistered',
    ],
  ],
]

/**
 * Whether somebody on the session bus shows tray icons. A doubt counts as no: an icon that nobody
 * sees is worse than a window that asks.
 */
export async function hasStatusNotifierHost(
  environment: NodeJS.ProcessEnv,
  ask: Ask = askProgram,
): Promise<boolean> {
  if ((environment['DBUS_SESSION_BUS_ADDRESS'] ?? environment['XDG_RUNTIME_DIR'] ?? '') === '') {
    return false
  }
  for (const [program, args] of questions) {
    const answer = await ask(program, args).catch(() => undefined)
    if (answer !== undefined) return /\btrue\b/.test(answer)
  }
  return false
}

async function askProgram(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, { timeout: 2000 })
  return stdout
}
