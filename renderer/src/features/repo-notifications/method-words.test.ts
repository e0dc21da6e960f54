import { expect, it } from 'vitest'
import { eventFilter, eventsOffered } from './event-words.ts'
import { destinationOf, maskedUrl } from './method-words.ts'

it.each([
  ['https://hooks.example/T0/B0/secret', 'https://hooks.example/••••••'],
  ['http://10.0.0.1:8080/?token=x', 'http://10.0.0.1:8080/••••••'],
  ['https://me:secret@example.com', 'https://example.com/••••••'],
  ['https://example.com/', 'https://example.com'],
])('of %s is shown %s', (url, shown) => {
  expect(maskedUrl(url)).toBe(shown)
})

it('names who is told without the tokens that open a chat', () => {
  expect(
    destinationOf({
      method: 'quay_notification',
      config: { target: { kind: 'team', name: 'crew' } },
    }),
  ).toBe('Team crew')
  expect(destinationOf({ method: 'email', config: { email: 'a@b.c' } })).toBe('a@b.c')
  const tokens = { flow_api_token: 'secret', notification_token: 'secret', room_id: '7' }
  expect(destinationOf({ method: 'flowdock', config: tokens })).toBe('••••••')
  expect(destinationOf({ method: 'hipchat', config: tokens })).toBe('Room 7')
  expect(destinationOf({ method: 'quay_notification', config: {} })).toBe('User ')
})

it('offers the events of what this registry does', () => {
  expect(eventsOffered(() => false)).toEqual(['repo_push'])
  expect(eventsOffered((feature) => feature === 'REPO_MIRROR')).toContain('repo_mirror_sync_failed')
  expect(eventsOffered(() => true)).toHaveLength(11)
})

it('says what narrows an event', () => {
  const says = (event: Parameters<typeof eventFilter>[0]['event'], filter: object) =>
    eventFilter({ event, event_config: { ...filter } })
  expect(says('repo_image_expiry', { days: 1 })).toBe('1 day before the image expires')
  expect(says('vulnerability_found', { level: 1 })).toBe('High or worse')
  expect(says('build_start', { 'ref-regex': 'refs/heads/main' })).toBe('refs/heads/main')
  expect(says('repo_push', { days: 1, level: 1 })).toBeUndefined()
  expect(says('vulnerability_found', { level: 9 })).toBeUndefined()
})
