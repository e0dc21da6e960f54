import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError, Option } from 'commander'
import { environment } from '../config/read-config.ts'
import { systemNetwork } from '../first-start/host-names.ts'
import { systemClock } from '../platform/clock.ts'
import { readVersion } from '../platform/version.ts'
import { ServiceError } from '../service/service-codes.ts'
import { perform, readEnvironment } from '../service/service-host.ts'
import {
  containerPorts,
  placesOf,
  type ServiceMode,
  type ServicePlan,
  wordOf,
} from '../service/service-plan.ts'
import { readRecord } from '../service/service-record.ts'
import { statusOf } from '../service/service-status.ts'
import {
  installSteps,
  startSteps,
  stopSteps,
  uninstallSteps,
  type Step,
} from '../service/service-steps.ts'
import { lastingAddresses } from '../setup/host-facts.ts'
import { bracketed } from '../setup/registry-address.ts'
import { readSetupCode } from '../setup/setup-code.ts'
import { print } from './print.ts'

interface ScopeOptions {
  readonly user?: boolean
  readonly name?: string
}

interface InstallOptions extends ScopeOptions {
  readonly mode: ServiceMode
  readonly container?: boolean
  readonly image: string
  readonly data?: string
  readonly config?: string
  readonly env: Readonly<Record<string, string>>
  readonly program: string
  readonly httpsPort: number
  readonly httpPort: number
  readonly metricsPort: number
  readonly start: boolean
  readonly print?: boolean
  readonly wait: number
}

type StatusOptions = ScopeOptions & { readonly json?: boolean }

const pollMs = 250
const ownName = 'mooring'

export function serviceCommand(): Command {
  return new Command('service')
    .description('Mooring as a service of this machine')
    .addCommand(installCommand())
    .addCommand(
      scoped('uninstall', 'stop the service and remove it; data and settings stay').action(
        async (options: ScopeOptions) => {
          requireRight(options)
          const plan = await installed(options)
          await report(uninstallSteps(plan))
          process.stdout.write(`the data stays in ${plan.dataDir} and ${plan.configDir}\n`)
        },
      ),
    )
    .addCommand(
      scoped('status', 'say whether the service runs and works')
        .option('--json', 'print one JSON object')
        .action(status),
    )
    .addCommand(stepCommand('start', 'start the service', (plan) => startSteps(plan)))
    .addCommand(stepCommand('stop', 'stop the service; requests under way finish', stopSteps))
    .addCommand(stepCommand('restart', 'apply changed settings', (plan) => startSteps(plan, true)))
}

function installCommand(): Command {
  return scoped('install', 'make Mooring a service that starts with the machine, or upgrade it')
    .addOption(
      new Option('--mode <mode>', 'the registry, or the workers of its mirrors alone')
        .choices(['registry', 'repomirror'])
        .default('registry'),
    )
    .option('--container', 'run the container image with podman instead of the program')
    .option('--image <image>', 'the container image', `localhost/mooring:${readVersion()}`)
    .option('--data <directory>', 'where the data lies')
    .option('--config <directory>', 'where config.yaml and the certificates lie')
    .option('--env <NAME=value>', 'a setting of the process; may be repeated', collect, {})
    .option('--program <directory>', 'the program tree to run', programFolder())
    .option('--https-port <port>', 'container: port of this machine', port, containerPorts.https)
    .option('--http-port <port>', 'container: port of this machine', port, containerPorts.http)
    .option('--metrics-port <port>', 'container: loopback port', port, containerPorts.metrics)
    .option('--no-start', 'leave it stopped')
    .option('--wait <seconds>', 'how long it may take to answer', Number, 60)
    .option('--print', 'change nothing; show what would be done, files included')
    .action(install)
}

async function install(options: InstallOptions): Promise<void> {
  const plan = planOf(options)
  const steps = installSteps(plan, options)
  if (options.print === true) {
    process.stdout.write(steps.map(describeStep).join('\n'))
    return
  }
  requireRight(options)
  await report(steps)
  if (options.start) await untilItAnswers(plan, options.wait)
}

function planOf(options: InstallOptions): ServicePlan {
  const scope = options.user === true ? 'user' : 'system'
  const { mode } = options
  const name = options.name ?? (mode === 'registry' ? ownName : `${ownName}-${mode}`)
  const places = placesOf(scope, name, environment)
  const base = path.resolve(options.data ?? places.dataDir)
  const hasSystemd = existsSync('/run/systemd/system')
  const common = { mode, scope, name, places, environment: options.env } as const
  const configDir = path.resolve(options.config ?? path.join(base, 'config'))
  if (options.container === true) {
    return {
      ...common,
      configDir,
      form: 'container',
      supervisor: hasSystemd ? 'systemd' : 'podman',
      dataDir: path.join(base, 'storage'),
      image: options.image,
      ports: {
        https: options.httpsPort,
        http: options.httpPort,
        metrics: options.metricsPort,
      },
    }
  }
  const program = path.resolve(options.program)
  const ownNode = path.join(program, 'node/bin/node')
  return {
    ...common,
    configDir,
    form: 'program',
    supervisor: hasSystemd ? 'systemd' : 'process',
    dataDir: base,
    node: existsSync(ownNode) ? ownNode : process.execPath,
    script: path.join(program, 'server/bin/mooring.js'),
  }
}

async function untilItAnswers(plan: ServicePlan, seconds: number): Promise<void> {
  const end = systemClock.now() + seconds * 1000
  for (;;) {
    const { health, state, log } = await statusOf(plan)
    if (health === 'healthy') {
      process.stdout.write(`it answers; its log: ${log}\n${await setupHint(plan)}`)
      return
    }
    if (systemClock.now() > end) {
      throw new ServiceError('MOOR-SVC-008', `${state}; ${health}; log: ${log}`)
    }
    await wait(pollMs)
  }
}

/** Where a service that is not set up yet waits for somebody, and how to get in. */
async function setupHint(plan: ServicePlan): Promise<string> {
  const open = await readSetupCode({ dataDir: plan.dataDir, clock: systemClock })
  if (open === undefined) return ''
  const host = bracketed(lastingAddresses(systemNetwork())[0] ?? 'localhost')
  const given = await readEnvironment(plan.places)
  const ofProcess = given['MOORING_SETUP_HTTPS_PORT'] ?? given['MOORING_HTTPS_PORT']
  const port =
    plan.form === 'container' ? plan.ports.https : (ofProcess ?? String(containerPorts.https))
  return `it waits for its setup at https://${host}:${port}/setup, code ${open.code}\n`
}

async function status(options: StatusOptions): Promise<void> {
  const plan = await installed(options)
  const found = await statusOf(plan)
  const { form, scope, supervisor, dataDir, configDir } = plan
  print(
    { ...found, form, scope, supervisor, dataDir, configDir },
    [
      `state    ${found.state}`,
      `health   ${found.health}`,
      `runs as  ${form} of the ${scope}, supervised by ${supervisor}`,
      `data     ${dataDir}`,
      `config   ${configDir}`,
      `log      ${found.log}`,
    ].join('\n'),
    options,
  )
  if (!found.isRunning) process.exitCode = 1
}

function stepCommand(
  name: string,
  description: string,
  steps: (plan: ServicePlan) => readonly Step[],
): Command {
  return scoped(name, description).action(async (options: ScopeOptions) => {
    requireRight(options)
    await report(steps(await installed(options)))
  })
}

function scoped(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--user', 'a service of this account instead of the whole system')
    .option(
      '--name <name>',
      `of the unit, the container and the account (default: "mooring")`,
      serviceName,
    )
}

function installed(options: ScopeOptions): Promise<ServicePlan> {
  const scope = options.user === true ? 'user' : 'system'
  return readRecord(placesOf(scope, options.name ?? ownName, environment))
}

function requireRight({ user }: ScopeOptions): void {
  if (user !== true && process.getuid?.() !== 0) throw new ServiceError('MOOR-SVC-001')
}

async function report(steps: readonly Step[]): Promise<void> {
  for await (const line of perform(steps)) process.stdout.write(`${line}\n`)
}

/** A step for a reader, and files as they would be written. */
function describeStep(step: Step): string {
  switch (step.kind) {
    case 'account':
      return `# make the account ${step.name} unless it exists\n`
    case 'folder':
      return `# make ${step.path}, mode ${step.mode.toString(8)}${step.owner === undefined ? '' : `, owner ${step.owner}`}\n`
    case 'write':
      return `# write ${step.file}, mode ${step.mode.toString(8)}\n${step.content}`
    case 'remove':
      return `# remove ${step.file}\n`
    case 'run':
      return `# run ${step.command.join(' ')}\n`
    case 'spawn':
      return `# start ${step.plan.node} ${step.plan.script} ${wordOf(step.plan)}\n`
    case 'end':
      return `# end the server that runs on ${step.plan.dataDir}\n`
  }
}

/** The folder that holds `server/`: this file is server/src/cli/service-command.ts. */
function programFolder(): string {
  return fileURLToPath(new URL('../../../', import.meta.url))
}

function collect(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('expected NAME=value')
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) }
}

function port(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > 65535) {
    throw new InvalidArgumentError('expected a port between 1 and 65535')
  }
  return value
}

function serviceName(text: string): string {
  if (!/^[a-z][a-z0-9-]{0,30}$/.test(text)) {
    throw new InvalidArgumentError('expected lower-case letters, digits and dashes')
  }
  return text
}
