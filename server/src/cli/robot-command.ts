import { Command } from 'commander'
import { system } from '../features/audit/audit-log.ts'
import { CommandError } from './command-error.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withAccounts } from './with-accounts.ts'

type Options = DataOptions & { readonly json?: boolean; readonly description?: string }

export function robotCommand(): Command {
  const add = withDataOptions(new Command('add'))
    .description('create a robot account for machines; prints its token')
    .argument('<namespace>', 'the user or organization it belongs to')
    .argument('<name>', 'its short name; it logs in as <namespace>+<name>')
    .option('--description <text>')
    .option('--json', 'print one JSON object')
    .action(async (namespace: string, name: string, options: Options) => {
      const { username, token } = await withAccounts(options, async ({ accounts, robots }) => {
        const owner = await accounts.findNamespace(namespace)
        if (owner === undefined)
          throw new CommandError(`there is no user or organization ${namespace}`)
        const robot = { shortName: name, description: options.description ?? '' }
        return robots.create(owner, robot, system)
      })
      print({ username, token }, `created ${username}, token ${token}`, options)
    })
  return new Command('robot').description('robot accounts').addCommand(add)
}
