import { access } from 'node:fs/promises'
import { Command } from 'commander'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { isSetupWanted } from '../setup/is-setup-wanted.ts'
import { currentSetupCode, drawSetupCode } from '../setup/setup-code.ts'
import { SetupError } from '../setup/setup-codes.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'

interface Options extends DataOptions {
  readonly new?: boolean
  readonly json?: boolean
}

/** Whoever may read the data directory may enter its setup. */
export function setupCodeCommand(): Command {
  return withDataOptions(new Command('setup-code'))
    .description('print the code that opens the setup page')
    .option('--new', 'draw a new one; the old one is void')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      const directories = dataDirectories(options)
      await access(directories.dataDir).catch(() => {
        throw new SetupError('MOOR-SET-020')
      })
      if (!(await isSetupWanted(directories, true, systemRandom))) {
        throw new SetupError('MOOR-SET-020')
      }
      const place = { ...directories, clock: systemClock, random: systemRandom }
      const draw = options.new === true ? drawSetupCode : currentSetupCode
      const { code, expiresAt } = await draw(place)
      const validUntil = new Date(expiresAt).toISOString()
      print({ code, validUntil }, `${code}, valid until ${validUntil}`, options)
    })
}
