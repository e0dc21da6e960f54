import type { Transporter } from 'nodemailer'

import type { Config, FeatureConfig } from '../../config/config.ts'
import type { Logger } from '../../platform/logger.ts'
import { Problem } from '../../problem.ts'

export type MailService = ReturnType<typeof createMailService>

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
  /** Whether the subject begins with the title of the registry, as it usually does. */
  readonly withTitle?: boolean
}

const connectMs = 10_000
const answerMs = 20_000

/** Mails of the registry to people: never inside a transaction, because a mail server takes its time. */
export function createMailService({
  config,
  log,
}: {
  config: Pick<Config, 'mail' | 'interface'> & {
    readonly features: Pick<FeatureConfig, 'mailing'>
  }
  log: Logger
}) {
  const { server, port, useTls, username, password, sender } = config.mail
  let transport: Promise<Transporter> | undefined

  /** Loaded with the first mail: it takes 17 MB, and most sites send none. */
  const openTransport = async (): Promise<Transporter> => {
    const { createTransport } = await import('nodemailer')
    return createTransport({
      host: server,
      port,
      secure: false,
      requireTLS: useTls,
      ignoreTLS: !useTls,
      ...(username !== undefined && { auth: { user: username, pass: password?.reveal() ?? '' } }),
      connectionTimeout: connectMs,
      greetingTimeout: connectMs,
      socketTimeout: answerMs,
      disableFileAccess: true,
      disableUrlAccess: true,
    })
  }

  /** @throws Problem `mail-failed` */
  async function send({ to, subject, text, withTitle = true }: Mail): Promise<void> {
    try {
      const opened = await (transport ??= openTransport())
      await opened.sendMail({
        from: sender,
        // As an object, so that a comma in it does not make two of it.
        to: { name: '', address: to },
        subject: withTitle ? `[${config.interface.titleShort}] ${subject}` : subject,
        text,
        html: asHtml(text),
      })
    } catch (error) {
      log.error({ err: error, subject }, 'mail not sent')
      throw new Problem('mail-failed', {}, { cause: error })
    }
  }

  return {
    /** FEATURE_MAILING */
    enabled: config.features.mailing,

    send,

    /** For what is only good to know: nobody waits for it, and without mailing there is none. */
    sendLater(mail: Mail): void {
      if (config.features.mailing) send(mail).catch(() => undefined)
    },
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** The same text with its links to be clicked. */
function asHtml(text: string): string {
  const escaped = text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? character)
  const linked = escaped.replaceAll(/https?:\/\/\S+/g, (url) => `<a href="${url}">${url}</a>`)
  return `<p>${linked.replaceAll('\n\n', '</p>\n<p>').replaceAll(/\n(?!<p>)/g, '<br>\n')}</p>`
}
