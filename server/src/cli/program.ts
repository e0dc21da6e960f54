import { CertificateError } from '@mooring/certs'
import { Command } from 'commander'
import { ConfigError } from '../config/config.ts'
import { CertificateFault } from '../features/certificates/certificate-codes.ts'
import { Problem } from '../problem.ts'
import { backupCommand } from './backup-command.ts'
import { bundleCommand } from './bundle-command.ts'
import { certCommand } from './cert-command.ts'
import { CommandError } from './command-error.ts'
import { configCommand } from './config-command.ts'
import { doctorCommand } from './doctor-command.ts'
import { gcCommand } from './gc-command.ts'
import { healthCommand } from './health-command.ts'
import { mirrorCommand } from './mirror-command.ts'
import { modeCommands } from './mode-commands.ts'
import { organizationCommand } from './organization-command.ts'
import { readonlyCommand } from './readonly-command.ts'
import { repositoryCommand } from './repository-command.ts'
import { robotCommand } from './robot-command.ts'
import { serveCommand } from './serve-command.ts'
import { serviceCommand } from './service-command.ts'
import { setupCodeCommand } from './setup-code-command.ts'
import { setupCommand } from './setup-command.ts'
import { supportCommand } from './support-command.ts'
import { userCommand } from './user-command.ts'
import { utilCommand } from './util-command.ts'
import { workersCommand } from './workers-command.ts'

/** Runs the `mooring` command: exit code 0 when it did its work, 1 with one clear text when not. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  const program = new Command('mooring')
    .description('A container registry appliance for sites without internet')
    .showHelpAfterError('(mooring --help lists the commands)')
    .addCommand(serveCommand())
    .addCommand(setupCommand())
    .addCommand(setupCodeCommand())
    .addCommand(userCommand())
    .addCommand(robotCommand())
    .addCommand(organizationCommand())
    .addCommand(repositoryCommand())
    .addCommand(gcCommand())
    .addCommand(backupCommand())
    .addCommand(mirrorCommand())
    .addCommand(bundleCommand())
    .addCommand(readonlyCommand())
    .addCommand(workersCommand())
    .addCommand(utilCommand())
    .addCommand(certCommand())
    .addCommand(configCommand())
    .addCommand(serviceCommand())
    .addCommand(healthCommand())
    .addCommand(doctorCommand())
    .addCommand(supportCommand())
  for (const command of modeCommands()) program.addCommand(command)
  tolerateGoneReaders()
  try {
    await program.parseAsync(argv)
  } catch (error) {
    process.stderr.write(`mooring: ${explain(error)}\n`)
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

function explain(error: unknown): string {
  if (error instanceof Problem) {
    const { message } = error.detail
    return typeof message === 'string' ? message : `${error.code} ${JSON.stringify(error.detail)}`
  }
  if (error instanceof CertificateError || error instanceof CertificateFault) {
    return `${error.message} (${error.code})\n${error.nextStep}`
  }
  if (error instanceof ConfigError || error instanceof CommandError) return error.message
  return error instanceof Error ? error.message : String(error)
}
