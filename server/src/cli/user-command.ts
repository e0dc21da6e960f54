import { Command } from 'commander'
import { system } from '../features/audit/audit-log.ts'
import { withDataOptions, type DataOptions } from './data-options.ts'
import { choosePassword, type PasswordOptions } from './passwords.ts'
import { print } from './print.ts'
import { withAccounts } from './with-accounts.ts'

type Options = DataOptions & PasswordOptions & { readonly json?: boolean; readonly email?: string }

export function userCommand(): Command {
  const add = withDataOptions(new Command('add'))
    .description('create an account for a person')
    .argument('<name>', 'lower-case letters, digits, "." "_" "-"')
    .option('--email <address>', 'e-mail address; the account can sign in with it too')
    .option('--password-stdin', 'read the password from standard input instead of drawing one')
    .option('--json', 'print one JSON object')
    .action(async (username: string, options: Options) => {
      const { password, isNew } = await choosePassword(options)
      await withAccounts(options, ({ accounts }) =>
        accounts.createUser({ username, password, email: options.email ?? null }, system),
      )
      print(
        { username, ...(isNew ? { password } : {}) },
        isNew ? `created ${username}, password ${password}` : `created ${username}`,
        options,
      )
    })

  const passwd = withDataOptions(new Command('passwd'))
    .description("change an account's password")
    .argument('<name>')
    .option('--password-stdin', 'read the password from standard input instead of drawing one')
    .option('--json', 'print one JSON object')
    .action(async (username: string, options: Options) => {
      const { password, isNew } = await choosePassword(options)
      await withAccounts(options, ({ accounts }) =>
        accounts.setPassword(username, password, system),
      )
      print(
        { username, ...(isNew ? { password } : {}) },
        isNew ? `new password of ${username}: ${password}` : `changed the password of ${username}`,
        options,
      )
    })

  const codes = withDataOptions(new Command('recovery-codes'))
    .description('draw ten new recovery codes for an account; those before are void')
    .argument('<name>')
    .option('--json', 'print one JSON object')
    .action(async (username: string, options: Options) => {
      const drawn = await withAccounts(options, ({ recoveryCodes }) =>
        recoveryCodes.renew(username, system),
      )
      const lines = drawn.map((code) => `  ${code}`).join('\n')
      print(
        { username, codes: drawn },
        `Each of these lets ${username} set a new password once; keep them off this machine:\n${lines}`,
        options,
      )
    })

  return new Command('user')
    .description('accounts of people')
    .addCommand(add)
    .addCommand(passwd)
    .addCommand(codes)
}
