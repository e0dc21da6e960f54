import { join } from 'node:path'
import { runApplication } from './application.ts'
import { createElectronShell, endWithMessage } from './electron-shell.ts'
import { openLogFile } from './log-file.ts'
import { environment, systemPlatform } from './platform.ts'
import { openSettings } from './settings.ts'
import { findForbiddenSwitch, serverEnvironment } from './start-conditions.ts'
import { runProgram } from './service-commands.ts'
import { textsFor } from './texts.ts'
import { runTrustCommand } from './trust-store.ts'

const shell = createElectronShell()
const { folders } = shell
const forbidden = shell.isPackaged ? findForbiddenSwitch(shell.args) : undefined

if (forbidden !== undefined) {
  process.stderr.write(`${textsFor(environment['LANG'] ?? '').forbiddenSwitch(forbidden)}\n`)
  shell.exit(2)
} else {
  const log = openLogFile(folders.logs, 'mooring')
  process.on('uncaughtException', (error) => {
    log.write(`${error.stack ?? String(error)}\n`)
    endWithMessage(textsFor(shell.language()).unexpectedTitle, String(error))
  })
  await runApplication({
    shell,
    platform: systemPlatform,
    settings: openSettings(join(folders.userData, 'settings.json')),
    log,
    environment: serverEnvironment(environment, folders),
    runTrustCommand,
    runProgram,
    serversFile: join(folders.userData, 'servers.json'),
  })
}
