import type { Config } from '../../config/config.ts'
import type { MailService } from './mail-service.ts'

export type AccountMails = ReturnType<typeof createAccountMails>

/** The mails about accounts (logs-and-notifications, 7.8). */
export function createAccountMails({
  mail,
  config,
}: {
  mail: MailService
  config: Pick<Config, 'serverHostname' | 'urlScheme' | 'interface'>
}) {
  const { title } = config.interface
  const link = (page: string, code: string) =>
    `${config.urlScheme}://${config.serverHostname}/${page}?code=${encodeURIComponent(code)}`
  const ignore = 'If you did not ask for this, you can ignore this mail.'

  return {
    confirmAddress: (to: string, username: string, code: string): Promise<void> =>
      mail.send({
        to,
        subject: 'Please confirm your e-mail address',
        text: `Somebody created the account ${username} at ${title} with this e-mail address.\n\nTo confirm that it was you, open\n${link('confirm', code)}\n\n${ignore}`,
      }),

    confirmChange: (to: string, username: string, code: string): Promise<void> =>
      mail.send({
        to,
        subject: 'E-mail address change requested',
        text: `This e-mail address was given for the account ${username} at ${title}.\n\nTo confirm it, open\n${link('confirm', code)}\n\n${ignore}`,
      }),

    recoverAccount: (to: string, username: string, code: string): Promise<void> =>
      mail.send({
        to,
        subject: 'Account recovery',
        text: `Somebody asked to recover the account ${username} at ${title}.\n\nTo sign in and choose a new password, open\n${link('recovery', code)}\n\n${ignore}`,
      }),

    recoverOrganization(to: string, organization: string, admins: readonly string[]): void {
      mail.sendLater({
        to,
        subject: `Organization ${organization} recovery`,
        text: `Somebody asked to recover the organization ${organization} at ${title}. Nobody signs in as an organization; these accounts administer it: ${admins.join(', ')}.\n\n${ignore}`,
      })
    },

    passwordChanged(to: string | null, username: string): void {
      if (to === null) return
      mail.sendLater({
        to,
        subject: 'Account password changed',
        text: `The password of the account ${username} at ${title} was changed.\n\nIf it was not you, ask an administrator at once.`,
      })
    },

    /** To the old address. */
    addressChanged(to: string | null, username: string, newAddress: string): void {
      if (to === null) return
      mail.sendLater({
        to,
        subject: 'Account e-mail address changed',
        text: `The e-mail address of the account ${username} at ${title} is ${newAddress} from now on.\n\nIf it was not you who changed it, ask an administrator at once.`,
      })
    },
  }
}
