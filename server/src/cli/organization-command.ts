import { Command } from 'commander'
import { system } from '../features/audit/audit-log.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withAccounts } from './with-accounts.ts'

type Options = DataOptions & { readonly json?: boolean; readonly owner: string }

export function organizationCommand(): Command {
  const add = withDataOptions(new Command('add'))
    .description('create an organization, a namespace that several people share')
    .argument('<name>')
    .requiredOption('--owner <user>', 'who administers it')
    .option('--json', 'print one JSON object')
    .action(async (name: string, options: Options) => {
      await withAccounts(options, async ({ accounts, organizations }) => {
        const owner = await accounts.getUser(options.owner)
        await organizations.create({ name }, owner.id, system)
      })
      print({ organization: name, owner: options.owner }, `created organization ${name}`, options)
    })
  return new Command('org').description('organizations').addCommand(add)
}
