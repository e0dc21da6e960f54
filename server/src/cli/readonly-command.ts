import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { Argument, Command } from 'commander'
import { parseDocument } from 'yaml'
import { environment, readConfig } from '../config/read-config.ts'
import { lockDataDirectory } from '../db/data-directory-lock.ts'
import { writeFileDurably } from '../platform/files.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'

type State = 'on' | 'off' | 'status'
type Options = DataOptions & { readonly json?: boolean }

const key = 'REGISTRY_STATE'

export function readonlyCommand(): Command {
  return withDataOptions(new Command('readonly'))
    .description('serve pulls and refuse every write, or take writes again, from the next start on')
    .addArgument(new Argument('<state>').choices(['on', 'off', 'status']))
    .option('--json', 'print one JSON object')
    .action(async (state: State, options: Options) => {
      const directories = dataDirectories(options)
      const file = path.join(directories.configDir, 'config.yaml')
      if (state !== 'status') await setState(file, state)
      const config = await readConfig({ ...directories, env: environment, flags: {} })
      const readonly = config.registryState === 'readonly'
      if (state !== 'status' && readonly !== (state === 'on')) {
        throw new CommandError(
          `${file} is changed, but QUAY_OVERRIDE_CONFIG in the environment decides otherwise`,
        )
      }
      const running = isRunning(directories.dataDir)
      const changes = state !== 'status' && running ? '; restart the server to apply it' : ''
      const text = readonly ? 'read-only: pulls are served, writes refused' : 'normal: takes writes'
      print({ readonly, running }, `${text}${changes}`, options)
    })
}

/** Changes the one line; comments and everything else stay. */
async function setState(file: string, state: 'on' | 'off'): Promise<void> {
  const document = parseDocument(await readFile(file, 'utf8'))
  const [problem] = document.errors
  if (problem !== undefined) throw new CommandError(`${file}: ${problem.message}`)
  if (state === 'on') document.set(key, 'readonly')
  else document.delete(key)
  const { mode } = await stat(file)
  await writeFileDurably(file, document.toString(), mode & 0o777)
}

function isRunning(dataDir: string): boolean {
  try {
    lockDataDirectory(dataDir).release()
    return false
  } catch {
    return true
  }
}
