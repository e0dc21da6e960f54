import { expect, it } from 'vitest'
import { notificationText, placeOf, toneOf, type Note } from './notification-text.ts'

const note = (kind: string, metadata: Note['metadata']): Note => ({
  ...{ id: '1', organization: null, created: '', dismissed: false, read: false },
  ...{ kind, metadata },
})
const app = { repository: 'site/web/app', namespace: 'site', name: 'web/app' }

it.each([
  ['repo_push', { updated_tags: ['1', '2'] }, 'site/web/app was pushed: 1, 2', '?tab=tags'],
  ['build_failure', {}, 'A build of site/web/app failed', ''],
  ['repo_mirror_sync_failed', {}, 'Mirroring of site/web/app failed', '?tab=mirroring'],
  [
    'repo_image_expiry',
    { tags: ['old'], expiring_in: '7 days' },
    'Tags of site/web/app expire within 7 days: old',
    '?tab=tags',
  ],
  [
    'vulnerability_found',
    { vulnerability: { priority: 'High' } },
    'High vulnerability found in site/web/app',
    '?tab=tags',
  ],
])('%s says what happened and leads there', (kind, more, text, query) => {
  const told = note(kind, { ...app, ...more })
  expect(notificationText(told)).toBe(text)
  expect(placeOf(told)).toEqual({
    label: 'site/web/app',
    href: `/repository/site/web/app${query}`,
  })
})

it('is as urgent as the worst vulnerability', () => {
  const found = (priority: string) => ({ ...app, vulnerabilities: [{ priority }] })
  expect(toneOf(note('vulnerability_found', found('Critical')))).toBe('danger')
  expect(toneOf(note('vulnerability_found', found('Medium')))).toBe('warning')
  expect(toneOf(note('vulnerability_found', found('Low')))).toBe('info')
})

it('leads nowhere where there is no page', () => {
  expect(placeOf(note('password_required', {}))).toBeUndefined()
  expect(placeOf(note('quota_error', { namespace: 'site' }))?.href).toBe('/organization/site')
})
