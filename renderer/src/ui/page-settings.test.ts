import { render, screen, waitFor } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import { formatBytes, formatDateTime, formatDuration, formatRelative } from './format.ts'
import { Language } from './locale.svelte.ts'
import { renderMarkdown } from './markdown.ts'
import Pagination from './pagination.svelte'
import { Shortcuts } from './shortcuts.svelte.ts'
import { Theme } from './theme.svelte.ts'

test('sizes are binary with two decimals, from KiB on', () => {
  const cases = [0, 512, 1024, 1_048_575, 1_048_576, 5.5 * 1024 ** 3]
  expect(cases.map((bytes) => formatBytes(bytes, 'en'))).toEqual([
    '0.00 KiB',
    '0.50 KiB',
    '1.00 KiB',
    '1.00 MiB',
    '1.00 MiB',
    '5.50 GiB',
  ])
})

test('times read as their language writes them', () => {
  const at = new Date(2026, 10, 21, 22, 5).getTime()
  expect(formatDateTime(at, 'ja')).toBe('2026年11月21日 22:05')
  expect(formatRelative(at - 3 * 86_400_000, at, 'en')).toBe('3 days ago')
  expect(formatRelative(at, at, 'en')).toBe('now')
  expect(formatDuration(3900, 'en')).toContain('1 hr')
})

test('a switch of the language changes what is shown, without a reload', async () => {
  const language = new Language()
  render(Pagination, { page: 2, limit: 20, total: 95, onpage: () => undefined })
  expect(screen.getByText('21–40 of 95')).toBeTruthy()
  language.choose('ja')
  await waitFor(() => expect(screen.getByText('95 件中 21–40')).toBeTruthy())
  expect(document.documentElement.lang).toBe('ja')
  expect(document.cookie).toContain('lang=ja')
  expect(new Language().locale).toBe('ja')
  expect(new Language({ account: 'en-US' }).locale).toBe('en')
  language.choose('en')
})

test('the theme is remembered, and what is stored wrong is automatic', () => {
  const theme = new Theme()
  expect(theme.preference).toBe('AUTO')
  theme.preference = 'CONTRAST'
  expect(localStorage.getItem('theme-preference')).toBe('CONTRAST')
  expect(document.documentElement.dataset['theme']).toBe('contrast')
  expect(new Theme().preference).toBe('CONTRAST')
  localStorage.setItem('theme-preference', 'PINK')
  expect(new Theme().preference).toBe('AUTO')
})

test('shortcuts follow sequences, and never act in fields or while composing', () => {
  const shortcuts = new Shortcuts()
  const go = vi.fn()
  const search = vi.fn()
  shortcuts.add('g o', 'Organizations', go)
  shortcuts.add('mod+k', 'Search', search)
  const stop = shortcuts.start()
  const press = (target: EventTarget, init: KeyboardEventInit) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, ...init }))
  press(document.body, { key: 'g' })
  press(document.body, { key: 'o' })
  press(document.body, { key: 'k', ctrlKey: true })
  expect([go.mock.calls.length, search.mock.calls.length]).toEqual([1, 1])
  const field = document.body.appendChild(document.createElement('input'))
  press(field, { key: 'g' })
  press(field, { key: 'o' })
  press(document.body, { key: 'k', ctrlKey: true, isComposing: true })
  stop()
  field.remove()
  press(document.body, { key: 'k', ctrlKey: true })
  expect([go.mock.calls.length, search.mock.calls.length]).toEqual([1, 1])
})

test('Markdown asks no other host and runs nothing', () => {
  const place = document.createElement('div')
  place.append(
    renderMarkdown(
      '# Title\n\n![logo](https://elsewhere.test/a.png) [site](https://elsewhere.test) ' +
        '[bad](javascript:alert(1)) <img src=x onerror=alert(1)>',
      {
        headingLevel: 3,
        words: { remoteImage: (about) => `Image: ${about}`, opensElsewhere: 'external' },
      },
    ),
  )
  expect(place.querySelector('img, script')).toBeNull()
  expect(place.querySelector('h3')?.textContent).toBe('Title')
  expect(place.textContent).toContain('Image: logo')
  const links = [...place.querySelectorAll('a')].map((a) => [a.textContent, a.rel])
  expect(links).toEqual([['site (external)', 'noopener noreferrer nofollow']])
})
