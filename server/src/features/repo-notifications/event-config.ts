import { Problem } from '../../problem.ts'
import { textAt, priorities, type EventData, type RepoEvent } from './repo-event.ts'

const mostDays = 36_500
const longestPattern = 512

const refuse = (message: string) => new Problem('request-invalid', { message })

/** What narrows an event, as it is stored. @throws Problem `request-invalid` */
export function parseEventConfig(event: RepoEvent, given: EventData): EventData {
  if (event === 'repo_image_expiry') {
    const days = wholeNumber(given['days'])
    if (days === undefined || days < 1 || days > mostDays) {
      throw refuse('The number of days before an image expires must be a whole number above 0')
    }
    return { ...given, days }
  }
  if (event === 'vulnerability_found' && given['level'] !== undefined) {
    const level = levelWanted(given)
    if (level === undefined) throw refuse('The level must be a number from 0 to 5')
    return { ...given, level }
  }
  const pattern = given['ref-regex']
  if (pattern === undefined || pattern === null) return given
  if (typeof pattern !== 'string' || pattern.length > longestPattern) {
    throw refuse('The expression for references must be a text')
  }
  return given
}

export function levelWanted(eventConfig: EventData): number | undefined {
  const level = wholeNumber(eventConfig['level'])
  return level !== undefined && level >= 0 && level < priorities.length ? level : undefined
}

/** Pages of other versions send numbers as texts. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined
  return typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : undefined
}

/** Whether the whole of a text matches a pattern of somebody; undefined when nobody can tell. */
export type MatchPattern = (pattern: string, text: string) => Promise<boolean | undefined>

/** Whether a notification wants to be told of this (logs-and-notifications, 7.2). */
export async function isWanted(
  event: RepoEvent,
  eventConfig: EventData,
  data: EventData,
  match: MatchPattern,
): Promise<boolean> {
  if (event === 'vulnerability_found') {
    const level = levelWanted(eventConfig)
    // Those of a new index are limited where they are raised.
    if (level === undefined || data['vulnerable_index_report_created'] !== undefined) return true
    const found = textAt(data, 'vulnerability', 'priority')
    const at = priorities.findIndex((priority) => priority === found)
    return (at < 0 ? priorities.length - 1 : at) <= level
  }
  const pattern = textAt(eventConfig, 'ref-regex')
  if (!event.startsWith('build_') || pattern === '') return true
  const ref = textAt(data, 'trigger_metadata', 'ref')
  return ref !== '' && (await match(`(?:${pattern}).*`, ref)) === true
}
