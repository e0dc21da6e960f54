import { describe, expect, test } from 'vitest'

import { RepoEvent } from '../../contract/repo-notifications.ts'
import { asHtml, asPlain, asSlack, messageOf, summaryOf } from './event-texts.ts'
import { baseData, levelOf, type EventData } from './repo-event.ts'
import { sampleOf } from './sample-data.ts'

const place = { serverHostname: 'registry.example', urlScheme: 'https' } as const
const base = baseData('acme/web/shop', place)
const sample = (event: RepoEventName, eventConfig: EventData = {}) =>
  sampleOf(event, base, { uuid: 'u', eventConfig })
type RepoEventName = (typeof RepoEvent.options)[number]

test('every event begins with where it happened', () => {
  expect(base).toEqual({
    repository: 'acme/web/shop',
    namespace: 'acme',
    name: 'web/shop',
    docker_url: 'registry.example/acme/web/shop',
    homepage: 'https://registry.example/repository/acme/web/shop',
  })
})

describe('the summary', () => {
  test.each([
    ['repo_push', 'Repository acme/web/shop updated'],
    ['build_queued', 'Build queued for repository acme/web/shop 296ec06'],
    ['build_failure', 'Build failure for repository acme/web/shop 296ec06'],
    ['repo_image_expiry', 'Repository acme/web/shop image(s) expiring'],
    ['repo_mirror_sync_started', 'Repository Mirror started for TEST NOTIFICATION'],
    ['repo_mirror_sync_failed', 'Repository Mirror failed for TEST NOTIFICATION'],
    [
      'vulnerability_found',
      'Critical vulnerability detected in repository acme/web/shop in 4 tags',
    ],
  ] as const)('of %s', (event, text) => {
    expect(summaryOf(event, sample(event))).toBe(text)
  })

  test('counts several vulnerabilities', () => {
    const data = { ...sample('vulnerability_found'), vulnerabilities: [{}, {}, {}] }
    expect(summaryOf('vulnerability_found', data)).toBe(
      '1 Critical and 2 more vulnerabilities were detected in repository acme/web/shop',
    )
  })
})

test('every event has an example, a level and a message with a link', () => {
  for (const event of RepoEvent.options) {
    const data = sample(event, { days: 7, level: 2 })
    expect(data).toMatchObject({ repository: 'acme/web/shop', namespace: 'acme' })
    expect(levelOf(event, data)).toMatch(/^(primary|info|success|warning|error)$/)
    expect(asHtml(messageOf(event, data, null))).toContain('href="https://registry.example/rep')
  }
  expect(sample('vulnerability_found', { level: 2 })['vulnerability']).toMatchObject({
    priority: 'Medium',
  })
  expect(sample('repo_image_expiry', { days: 7 })).toMatchObject({
    ...{ expiring_in: '7 days', notification_uuid: 'u' },
  })
})

test('a message says who, and marks nothing up that is not ours', () => {
  const data = { ...base, updated_tags: ['<b>&"'] }
  const message = messageOf('repo_push', data, 'mira')
  expect(asPlain(message)).toBe('Repository acme/web/shop was updated by mira; tags: <b>&".')
  expect(asSlack(message)).toBe(
    'Repository <https://registry.example/repository/acme/web/shop|acme/web/shop> was updated by mira; tags: &lt;b&gt;&amp;".',
  )
  expect(asHtml(message)).toContain('tags: &lt;b&gt;&amp;')
})
