import { Argument, Command } from 'commander'
import { system } from '../features/audit/audit-log.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { print } from './print.ts'
import { withAccounts } from './with-accounts.ts'

type Options = DataOptions & { readonly json?: boolean }

export function repositoryCommand(): Command {
  const setVisibility = withDataOptions(new Command('set-visibility'))
    .description('let everybody pull from a repository, or only those who were granted it')
    .argument('<namespace/name>')
    .addArgument(new Argument('<visibility>').choices(['public', 'private']))
    .option('--json', 'print one JSON object')
    .action(async (repository: string, visibility: 'public' | 'private', options: Options) => {
      await withAccounts(options, async ({ repositories }) =>
        repositories.setVisibility(await repositories.get(repository), visibility, system),
      )
      print({ repository, visibility }, `${repository} is now ${visibility}`, options)
    })

  const grant = withDataOptions(new Command('grant'))
    .description('give an account or robot a role on a repository')
    .argument('<namespace/name>')
    .argument('<account>', 'a user, or a robot as <namespace>+<name>')
    .addArgument(new Argument('<role>').choices(['read', 'write', 'admin']))
    .option('--json', 'print one JSON object')
    .action(
      async (
        repository: string,
        account: string,
        role: 'read' | 'write' | 'admin',
        options: Options,
      ) => {
        await withAccounts(options, async ({ repositories }) =>
          repositories.grantUser(await repositories.get(repository), account, role, system),
        )
        print({ repository, account, role }, `${account} has ${role} on ${repository}`, options)
      },
    )

  const revoke = withDataOptions(new Command('revoke'))
    .description("take an account's role on a repository away")
    .argument('<namespace/name>')
    .argument('<account>')
    .option('--json', 'print one JSON object')
    .action(async (repository: string, account: string, options: Options) => {
      await withAccounts(options, async ({ repositories }) =>
        repositories.revokeUser(await repositories.get(repository), account, system),
      )
      print({ repository, account }, `${account} has no role on ${repository} any more`, options)
    })

  return new Command('repository')
    .description('who may use a repository')
    .addCommand(setVisibility)
    .addCommand(grant)
    .addCommand(revoke)
}
