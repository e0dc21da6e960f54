import { m } from '../../paraglide/messages.js'
import type { RepoNotification } from './event-words.ts'

export type Method = RepoNotification['method']

const methods: Readonly<Record<Method, (registry: string) => string>> = {
  quay_notification: (registry) => m.notify_method_bell({ registry }).trim(),
  email: m.notify_method_email,
  slack: m.notify_method_slack,
  webhook: m.notify_method_webhook,
  flowdock: m.notify_method_flowdock,
  hipchat: m.notify_method_hipchat,
}

/** The services of the others are gone: what is there already is shown, nothing new is made. */
export const methodsOffered = ['quay_notification', 'email', 'slack', 'webhook'] as const

const isMethod = (name: string): name is Method => name in methods

/** @param registry its short title, which the registry's own notifications have in their name */
export const methodLabel = (method: string, registry = '') =>
  isMethod(method) ? methods[method](registry) : method

export const failuresToDisable = 3
export const isDisabled = ({ number_of_failures: failures }: RepoNotification) =>
  failures >= failuresToDisable

/** Where it goes, without what only those may know who send there. */
export function destinationOf({ method, config }: Pick<RepoNotification, 'method' | 'config'>) {
  switch (method) {
    case 'quay_notification': {
      const { kind, name } = recipientOf(config)
      if (kind === 'org') return m.notify_to_organization({ name })
      return kind === 'team' ? m.notify_to_team({ name }) : m.notify_to_user({ name })
    }
    case 'email':
      return textOf(config['email'])
    case 'slack':
    case 'webhook':
      return maskedUrl(textOf(config['url']))
    case 'hipchat':
      return m.notify_to_room({ room: textOf(config['room_id']) })
    case 'flowdock':
      return masked
  }
}

/** Each part of an address but the host may be what opens it. */
export function maskedUrl(url: string): string {
  if (!URL.canParse(url)) return url
  const { origin, username, pathname, search } = new URL(url)
  return username === '' && pathname === '/' && search === '' ? origin : `${origin}/${masked}`
}

const masked = '••••••'

export const textOf = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''

function recipientOf({ target }: RepoNotification['config']) {
  const { kind, name } = (target ?? {}) as Readonly<Record<string, unknown>>
  return { kind: textOf(kind), name: textOf(name) }
}
