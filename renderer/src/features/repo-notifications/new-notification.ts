import type { Input } from '../../api/operations.ts'
import { m } from '../../paraglide/messages.js'
import type { Entity } from '../entity-search/entity.ts'
import { isEmail } from '../organizations/names.ts'
import { isBuild, type RepoEvent } from './event-words.ts'
import type { Method } from './method-words.ts'

/** What the form asks for; which of it counts is up to the event and the method. */
export interface NewNotification {
  event: RepoEvent
  method: Method
  title: string
  days: number | null
  level: string
  ref: string
  email: string
  audience: string
  recipient: Entity | null
  url: string
  template: string
}

export const emptyNotification = (event: RepoEvent): NewNotification => ({
  ...{ event, method: 'quay_notification', title: '', days: null, level: '1', ref: '' },
  ...{ email: '', audience: 'one', recipient: null, url: '', template: '' },
})

type Body = Input<'POST /api/v1/repository/{repository}/notification/'>['body']

/** @param namespace whose members are meant when all are */
export function bodyOf(values: NewNotification, namespace: string): Body {
  const title = values.title.trim()
  return {
    ...{ event: values.event, method: values.method },
    config: configOf(values, namespace),
    eventConfig: filterOf(values),
    ...(title !== '' && { title }),
  }
}

function configOf(values: NewNotification, namespace: string): Body['config'] {
  switch (values.method) {
    case 'quay_notification':
      return { target: targetOf(values, namespace) }
    case 'email':
      return { email: values.email.trim() }
    case 'webhook': {
      const template = values.template.trim()
      return { url: values.url.trim(), ...(template !== '' && { template }) }
    }
    default:
      return { url: values.url.trim() }
  }
}

function targetOf({ audience, recipient }: NewNotification, namespace: string) {
  if (audience === 'all') return { kind: 'org', name: namespace }
  return { kind: recipient?.kind === 'team' ? 'team' : 'user', name: recipient?.name ?? '' }
}

function filterOf({ event, days, level, ref }: NewNotification): Body['eventConfig'] {
  if (event === 'repo_image_expiry') return { days }
  if (event === 'vulnerability_found') return { level: Number(level) }
  return isBuild(event) && ref.trim() !== '' ? { 'ref-regex': ref.trim() } : {}
}

/** What is wrong, by field. */
export function faultsOf(values: NewNotification): Readonly<Record<string, string | undefined>> {
  const { event, method, days, ref, email, audience, recipient, url, template } = values
  return {
    days: event === 'repo_image_expiry' ? faultOfDays(days) : undefined,
    ref: isBuild(event) && !isExpression(ref) ? m.notify_ref_invalid() : undefined,
    email: method === 'email' && !isEmail(email.trim()) ? m.notify_email_invalid() : undefined,
    recipient:
      method === 'quay_notification' && audience === 'one' && recipient === null
        ? m.notify_recipient_required()
        : undefined,
    url:
      (method === 'slack' || method === 'webhook') && !isWebAddress(url.trim())
        ? m.notify_url_invalid()
        : undefined,
    template: method === 'webhook' && !isJson(template) ? m.notify_template_invalid() : undefined,
  }
}

function faultOfDays(days: number | null): string | undefined {
  if (days === null) return m.notify_days_invalid()
  return Number.isInteger(days) && days > 0 ? undefined : m.notify_days_positive()
}

const isWebAddress = (url: string) => /^https?:\/\//i.test(url) && URL.canParse(url)

function isExpression(text: string): boolean {
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

/** Nothing is fine too. */
function isJson(text: string): boolean {
  if (text.trim() === '') return true
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
