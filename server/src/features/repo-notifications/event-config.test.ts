import { describe, expect, test } from 'vitest'

import { isWanted, parseEventConfig } from './event-config.ts'
import type { EventData, RepoEvent } from './repo-event.ts'

const match = (pattern: string, text: string) =>
  Promise.resolve(new RegExp(`^(?:${pattern})$`).test(text))
const found = (priority: string, more: EventData = {}) => ({ vulnerability: { priority }, ...more })
const built = (ref?: string) => ({ trigger_metadata: ref === undefined ? {} : { ref } })

const cases: readonly (readonly [RepoEvent, EventData, EventData, boolean])[] = [
  ['repo_push', {}, {}, true],
  ['vulnerability_found', {}, found('Unknown'), true],
  ['vulnerability_found', { level: 1 }, found('Critical'), true],
  ['vulnerability_found', { level: 1 }, found('High'), true],
  ['vulnerability_found', { level: '1' }, found('Medium'), false],
  ['vulnerability_found', { level: 4 }, found('of another scale'), false],
  [
    'vulnerability_found',
    { level: 0 },
    found('Low', { vulnerable_index_report_created: 'true' }),
    true,
  ],
  ['build_start', {}, built(), true],
  ['build_start', { 'ref-regex': 'refs/heads/m' }, built('refs/heads/main'), true],
  ['build_start', { 'ref-regex': 'heads' }, built('refs/heads/main'), false],
  ['build_start', { 'ref-regex': '.*' }, built(), false],
]

describe('what a notification is told', () => {
  test.each(cases)('%s with %j: %j is %j', async (event, config, data, wanted) => {
    expect(await isWanted(event, config, data, match)).toBe(wanted)
  })

  test('is nothing while nobody can tell whether a pattern matches', async () => {
    const config = { 'ref-regex': '(' }
    const unsure = () => Promise.resolve(undefined)
    expect(await isWanted('build_start', config, built('x'), unsure)).toBe(false)
  })
})

describe('the configuration of an event', () => {
  test('has numbers, also where a page sends texts', () => {
    expect(parseEventConfig('repo_image_expiry', { days: '5' })).toEqual({ days: 5 })
    expect(parseEventConfig('vulnerability_found', { level: '5' })).toEqual({ level: 5 })
  })

  test.each([
    ['repo_image_expiry', {}],
    ['repo_image_expiry', { days: 0 }],
    ['repo_image_expiry', { days: 1.5 }],
    ['repo_image_expiry', { days: 'soon' }],
    ['repo_image_expiry', { days: 1e9 }],
    ['vulnerability_found', { level: 6 }],
    ['vulnerability_found', { level: 'High' }],
    ['build_start', { 'ref-regex': 7 }],
  ] satisfies [RepoEvent, EventData][])('of %s is refused: %j', (event, config) => {
    expect(() => parseEventConfig(event, config)).toThrow('request-invalid')
  })
})
