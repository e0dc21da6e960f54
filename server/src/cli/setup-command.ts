import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { Command } from 'commander'
import { environment } from '../config/read-config.ts'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { systemRandom } from '../platform/random.ts'
import { CommandError } from './command-error.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'
import { stoppedBySignals } from './serve-command.ts'

interface Options extends DataOptions {
  readonly answers?: string
  readonly check?: boolean
  readonly saveAnyway?: boolean
  readonly passphraseFile?: string
  readonly resolve?: boolean
  readonly json?: boolean
}

const howTo = `Three ways to set a registry up:

  mooring serve --setup                  opens a page; the code for it is printed
  mooring setup --answers site.yaml      from a file, without anybody's help
  mooring serve                          at once, with what suits most machines

mooring setup --answers site.yaml --check tries the answers and changes nothing.
`

export function setupCommand(): Command {
  return withDataOptions(new Command('setup'))
    .description('set a registry up from an answer file')
    .option('--answers <file>', 'YAML or JSON, - for standard input; a secret may be {file: /path}')
    .option('--check', 'try everything, change nothing')
    .option('--save-anyway', 'go on although a check failed')
    .option('--passphrase-file <file>', 'opens the encrypted secrets of the answer file')
    .option('--resolve', 'only print the answers with their secrets in place')
    .option('--json', 'print one JSON object')
    .action(async (options: Options) => {
      if (options.answers === undefined) process.stdout.write(howTo)
      else await setUp(options, options.answers)
    })
}

async function setUp(options: Options, file: string): Promise<void> {
  // Whoever runs this may not open the file of an input that somebody else redirected.
  const reading = file === '-' ? textOf(process.stdin) : readFile(file, 'utf8')
  const text = await reading.catch((error: unknown) => {
    throw new CommandError(`cannot read ${file}: ${String(error)}`)
  })
  const passphrase =
    options.passphraseFile === undefined
      ? null
      : (await readFile(options.passphraseFile, 'utf8')).replace(/\r?\n$/, '')
  const readSecret = (name: string) => {
    const folder = file === '-' ? '.' : path.dirname(file)
    return readFileSync(path.resolve(folder, name), 'utf8').replace(/\r?\n$/, '')
  }
  if (options.resolve === true) {
    const { resolveAnswers } = await import('../setup/answer-file.ts')
    process.stdout.write(resolveAnswers(text, passphrase, readSecret))
    return
  }
  const { runAnswers } = await import('../setup/run-answers.ts')
  const report = await runAnswers({
    ...dataDirectories(options),
    ...{ text, passphrase },
    isCheck: options.check === true,
    saveAnyway: options.saveAnyway === true,
    readSecret,
    ...{ env: environment, clock: systemClock, random: systemRandom, log: createLogger('warn') },
    stopping: stoppedBySignals().signal,
    onLine: (line) => {
      if (options.json !== true) process.stdout.write(`${line}\n`)
    },
  })
  if (options.json === true) process.stdout.write(`${JSON.stringify(report)}\n`)
  else process.stdout.write(`${report.said}\n`)
  if (!report.ok) process.exitCode = 1
}
