import { Command } from 'commander'
import { ConfigError } from '../config/config-error.ts'
import { Problem } from '../problem.ts'
import { CommandError } from './command-error.ts'
import { commandsFor } from './commands.ts'

export async function loadCommandLine(argv: readonly string[]): Promise<Command> {
  const program = new Command('mooring')
    .description('A container registry appliance for sites without internet')
    .showHelpAfterError('(mooring --help lists the commands)')
  for (const command of await commandsFor(argv[2])) program.addCommand(command)
  return program
}

/** Runs the `mooring` command: exit code 0 when it did its work, 1 with one clear text when not. */
export async function runCommandLine(program: Command, argv: readonly string[]): Promise<void> {
  tolerateGoneReaders()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.stderr.write(`mooring: ${await explain(error)}\n`)
    process.exitCode = 1
  }
}

/** Who reads what is printed may have seen enough, as `head` has: the work goes on without it. */
function tolerateGoneReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

async function explain(error: unknown): Promise<string> {
  if (error instanceof Problem) {
    const { message } = error.detail
    return typeof message === 'string' ? message : `${error.code} ${JSON.stringify(error.detail)}`
  }
  if (error instanceof ConfigError || error instanceof CommandError) return error.message
  const { CertificateError } = await import('@mooring/certs')
  const { CertificateFault } = await import('../features/certificates/certificate-codes.ts')
  if (error instanceof CertificateError || error instanceof CertificateFault) {
    return `${error.message} (${error.code})\n${error.nextStep}`
  }
  return error instanceof Error ? error.message : String(error)
}
