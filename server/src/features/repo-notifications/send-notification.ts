import type { z } from 'zod'

import type { Config } from '../../config/config.ts'
import type { AttemptFailure as failures } from '../../contract/mooring-notifications.ts'
import type { MailService } from '../mail/mail-service.ts'
import { asHtml, asPlain, asSlack, messageOf, summaryOf } from './event-texts.ts'
import type { Destination } from './method-config.ts'
import { CallRefused, type ClientPair, type NotificationCaller } from './notification-caller.ts'
import { levelOf, textAt, type EventData, type Level, type RepoEvent } from './repo-event.ts'
import { parseTemplate } from './webhook-template.ts'

export type AttemptFailure = z.output<typeof failures>

/** How an attempt ended; without a code it went well. */
export interface AttemptResult {
  readonly code: AttemptFailure | null
  readonly status: number | null
  /** Never with an address: who knows one may post there. */
  readonly message: string | null
}

export interface Told {
  readonly event: RepoEvent
  readonly data: EventData
  readonly performer: string | null
}

/** What leaves the server; the bell is rung by whoever has the transaction. */
export type OutsideDestination = Exclude<Destination, { method: 'quay_notification' }>

export type SendNotification = ReturnType<typeof createNotificationSender>

export const sent: AttemptResult = { code: null, status: null, message: null }
export const failed = (code: AttemptFailure, message: string): AttemptResult => ({
  ...{ code, status: null, message },
})

const slackColors: Readonly<Record<Level, string>> = {
  info: '#ffffff',
  warning: 'warning',
  error: 'danger',
  success: 'good',
  primary: 'good',
}

const hipchatColors: Readonly<Record<Level, string>> = {
  info: 'gray',
  warning: 'yellow',
  error: 'red',
  success: 'green',
  primary: 'purple',
}

/** Sends by each method but the bell (logs-and-notifications, 7.4). */
export function createNotificationSender({
  caller,
  mail,
  pair,
  config,
}: {
  caller: NotificationCaller
  mail: Pick<MailService, 'enabled' | 'send'>
  /** The registry's own certificate. */
  pair: () => ClientPair | undefined
  config: Pick<Config, 'notifications' | 'mail' | 'interface'>
}) {
  const { flowdockUrl, hipchatUrl } = config.notifications

  async function byMail(to: string, told: Told): Promise<AttemptResult> {
    if (!mail.enabled) return failed('mailing_off', 'The registry sends no mail')
    const { event, data, performer } = told
    const text = `${asPlain(messageOf(event, data, performer))}\n\n${textAt(data, 'homepage')}`
    try {
      await mail.send({ to, subject: summaryOf(event, data), text, withTitle: false })
      return sent
    } catch {
      return failed('mail', 'The mail server did not take it')
    }
  }

  function letterOf(to: Exclude<OutsideDestination, { method: 'email' }>, told: Told) {
    const { event, data, performer } = told
    const level = levelOf(event, data)
    const summary = summaryOf(event, data)
    const message = messageOf(event, data, performer)
    switch (to.method) {
      case 'webhook': {
        const { template } = to
        const body =
          template === undefined ? JSON.stringify(data) : parseTemplate(template).expand(data)
        return { url: to.url, body, pair: to.url.protocol === 'https:' ? pair() : undefined }
      }
      case 'slack': {
        const attachment = {
          ...{ fallback: summary, text: asSlack(message), color: slackColors[level] },
          mrkdwn_in: ['text'],
        }
        const content = { text: summary, username: 'quayiobot', attachments: [attachment] }
        return { url: to.url, body: JSON.stringify(content) }
      }
      case 'flowdock': {
        const content = {
          source: config.interface.titleShort,
          from_address: config.mail.sender,
          subject: summary,
          content: asHtml(message),
          from_name: performer ?? config.interface.titleShort,
          project: `${textAt(data, 'namespace')} ${textAt(data, 'name')}`,
          tags: [`#${event}`],
          link: textAt(data, 'homepage'),
        }
        const path = `/v1/messages/team_inbox/${encodeURIComponent(to.token)}`
        return { url: below(flowdockUrl, path), body: JSON.stringify(content), isOurs: true }
      }
      case 'hipchat': {
        const content = {
          ...{ color: hipchatColors[level], message: asHtml(message) },
          ...{ notify: level === 'error', message_format: 'html' },
        }
        const path = `/v2/room/${encodeURIComponent(to.room)}/notification`
        const url = below(hipchatUrl, path)
        url.searchParams.set('auth_token', to.token)
        return { url, body: JSON.stringify(content), isOurs: true }
      }
    }
  }

  /** @throws the reason of the signal when somebody does not want to wait any more */
  return async (
    to: OutsideDestination,
    told: Told,
    signal: AbortSignal,
  ): Promise<AttemptResult> => {
    if (to.method === 'email') return byMail(to.email, told)
    let letter: ReturnType<typeof letterOf>
    try {
      letter = letterOf(to, told)
    } catch (error) {
      return failed('template', error instanceof Error ? error.message : 'The template is broken')
    }
    try {
      return answered(await caller.post(letter, signal))
    } catch (error) {
      signal.throwIfAborted()
      return failureOf(error)
    }
  }
}

function answered(status: number): AttemptResult {
  if (status >= 200 && status < 300) return { ...sent, status }
  const hint = status >= 300 && status < 400 ? ', and redirects are not followed' : ''
  return { code: 'status', status, message: `It answered ${String(status)}${hint}` }
}

/** The words of an error may hold addresses; its code does not. */
function failureOf(error: unknown): AttemptResult {
  if (error instanceof CallRefused) return failed('refused', 'Its name leads to this machine')
  if (!(error instanceof Error)) return failed('unknown', 'It failed')
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (error.name === 'AbortError' || error.name === 'TimeoutError' || code === 'ETIMEDOUT') {
    return failed('timeout', 'It did not answer in time')
  }
  if (/CERT|TLS|SSL|SIGNED|VERIFY|EPROTO/.test(code)) {
    return failed('tls', `TLS was not agreed on (${code})`)
  }
  return failed('unreachable', `It could not be reached${code === '' ? '' : ` (${code})`}`)
}

function below(base: string, path: string): URL {
  return new URL(`${base.replace(/\/+$/, '')}${path}`)
}
