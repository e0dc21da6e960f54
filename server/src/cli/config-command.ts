import path from 'node:path'
import { Command } from 'commander'
import { parse, stringify } from 'yaml'
import { settingsSchema } from '../config/config.ts'
import { printConfig } from '../config/print-config.ts'
import { environment, readConfig } from '../config/read-config.ts'
import { withoutNulls } from '../features/config-editor/bundle.ts'
import { fieldGroups, usualSettings } from '../features/config-editor/field-groups.ts'
import { readBundle, readConfigText, parseSettings } from '../features/config-editor/read-bundle.ts'
import { writeSettings } from '../features/config-editor/write-settings.ts'
import { systemClock } from '../platform/clock.ts'
import { systemRandom } from '../platform/random.ts'
import { CommandError } from './command-error.ts'
import { bundleCommand, importCertificateCommand } from './config-files-command.ts'
import { configServeCommand } from './config-serve-command.ts'
import { configValidateCommand } from './config-validate-command.ts'
import { dataDirectories, withDataOptions, type DataOptions } from './data-options.ts'

/** `mooring config <secret>` is Quay's way to say `mooring config serve <secret>`. */
export function configCommand(): Command {
  return new Command('config')
    .description('settings: look, check, change; "config <secret>" opens the editor for programs')
    .addCommand(configServeCommand(), { isDefault: true })
    .addCommand(configValidateCommand())
    .addCommand(showCommand())
    .addCommand(printCommand())
    .addCommand(schemaCommand())
    .addCommand(getCommand())
    .addCommand(setCommand())
    .addCommand(unsetCommand())
    .addCommand(importCertificateCommand())
    .addCommand(bundleCommand())
}

function showCommand(): Command {
  return withDataOptions(new Command('show'))
    .description('check config.yaml and print the settings in effect, secrets masked')
    .action(async (options: DataOptions) => {
      const config = await readConfig({ ...dataDirectories(options), env: environment, flags: {} })
      process.stdout.write(printConfig(config))
    })
}

function printCommand(): Command {
  return withDataOptions(new Command('print'))
    .description("print the effective values of each of Quay's field groups, secrets included")
    .action(async (options: DataOptions) => {
      const { config } = await readBundle(dataDirectories(options).configDir)
      const values: Readonly<Record<string, unknown>> = {
        ...usualSettings(),
        ...(withoutNulls(config) as typeof config),
      }
      const groups = fieldGroups.map(({ name, fields }) => {
        const keys = Object.keys(fields).filter((key) => values[key] !== undefined)
        return [name, Object.fromEntries(keys.map((key) => [key, values[key]]))] as const
      })
      process.stdout.write(stringify(Object.fromEntries(groups)))
    })
}

function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of the settings that have an effect')
    .action(() => {
      process.stdout.write(`${JSON.stringify(settingsSchema(), undefined, 2)}\n`)
    })
}

function getCommand(): Command {
  return withDataOptions(new Command('get'))
    .description('print what config.yaml says about a key, as YAML')
    .argument('<key>')
    .action(async (key: string, options: DataOptions) => {
      const { configDir } = dataDirectories(options)
      const settings = parseSettings((await readConfigText(configDir)) ?? '')
      const value = settings[key]
      if (value === undefined || value === null) {
        throw new CommandError(`${key} is not set in ${path.join(configDir, 'config.yaml')}`)
      }
      process.stdout.write(stringify(value))
    })
}

function setCommand(): Command {
  return withDataOptions(new Command('set'))
    .description('change one key of config.yaml; a restart applies it')
    .argument('<key>')
    .argument('<value>', 'YAML: 4w, true, [a, b], {host: redis}')
    .action((key: string, value: string, options: DataOptions) =>
      change(new Map([[key, parseValue(value)]]), options),
    )
}

function unsetCommand(): Command {
  return withDataOptions(new Command('unset'))
    .description('take a key out of config.yaml, so that its default counts')
    .argument('<key>')
    .action((key: string, options: DataOptions) => change(new Map([[key, undefined]]), options))
}

async function change(changes: ReadonlyMap<string, unknown>, options: DataOptions): Promise<void> {
  const wrong = [...changes.keys()].find((key) => !/^[A-Z][A-Z0-9_]*$/.test(key))
  if (wrong !== undefined) {
    throw new CommandError(`${wrong} is no key of config.yaml: those are in capital letters`)
  }
  const written = await writeSettings(changes, {
    ...dataDirectories(options),
    env: environment,
    clock: systemClock,
    random: systemRandom,
    by: 'command line',
  })
  const text = written.changes.length === 0 ? 'nothing to change' : 'changed; a restart applies it'
  process.stdout.write(`${text}\n`)
}

/** What is no YAML is a text. */
function parseValue(text: string): unknown {
  try {
    const value: unknown = parse(text)
    return value ?? text
  } catch {
    return text
  }
}
