import { Problem } from '../../problem.ts'
import { isRecord, type EventData, type NotificationMethod } from './repo-event.ts'
import type { WebhookAddresses } from './webhook-address.ts'
import { parseTemplate } from './webhook-template.ts'

export type TargetKind = 'user' | 'org' | 'team'

/** Where a notification goes; what it is configured with beside that is kept and not looked at. */
export type Destination =
  | { readonly method: 'quay_notification'; readonly target: Target }
  | { readonly method: 'email'; readonly email: string }
  | { readonly method: 'webhook'; readonly url: URL; readonly template: string | undefined }
  | { readonly method: 'slack'; readonly url: URL }
  | { readonly method: 'flowdock'; readonly token: string }
  | { readonly method: 'hipchat'; readonly token: string; readonly room: string }

export interface Target {
  readonly kind: TargetKind
  readonly name: string
}

const longestConfig = 65_536

const refuse = (message: string) => new Problem('request-invalid', { message })

/** @throws Problem `request-invalid` with the words that Quay has for it */
export function parseDestination(
  method: NotificationMethod,
  config: EventData,
  addresses: WebhookAddresses,
): Destination {
  if (JSON.stringify(config).length > longestConfig) throw refuse('The configuration is too long')
  switch (method) {
    case 'quay_notification':
      return { method, target: targetOf(config['target']) }
    case 'email':
      return { method, email: required(config, 'email', 'Missing e-mail address') }
    case 'webhook': {
      required(config, 'url', 'Missing webhook URL')
      const url = addresses.parse(config['url'])
      if (url === undefined) throw refuse('Invalid webhook URL')
      return { method, url, template: templateOf(config['template']) }
    }
    case 'slack': {
      required(config, 'url', 'Missing Slack Callback URL')
      const url = addresses.parse(config['url'])
      if (url === undefined) throw refuse('Invalid Slack Callback URL')
      return { method, url }
    }
    case 'flowdock': {
      const token = required(config, 'flow_api_token', 'Missing Flowdock API Token')
      return { method, token }
    }
    case 'hipchat': {
      const missingToken = 'Missing Hipchat Room Notification Token'
      const token = required(config, 'notification_token', missingToken)
      return { method, token, room: required(config, 'room_id', 'Missing Hipchat Room ID') }
    }
  }
}

/** The identifier of a room may be a number. */
function required(config: EventData, key: string, missing: string): string {
  const value = config[key]
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || text.trim() === '') throw refuse(missing)
  return text
}

function targetOf(target: unknown): Target {
  if (!isRecord(target)) throw refuse('Missing target')
  const { kind, name } = target
  if (typeof name !== 'string' || name === '') throw refuse('Missing target')
  if (kind === 'user' || kind === 'org' || kind === 'team') return { kind, name }
  throw refuse('Unknown target kind')
}

function templateOf(template: unknown): string | undefined {
  if (template === undefined || template === null || template === '') return undefined
  if (typeof template !== 'string') throw refuse('The template has to be a text')
  try {
    parseTemplate(template)
    return template
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : 'Invalid template')
  }
}
