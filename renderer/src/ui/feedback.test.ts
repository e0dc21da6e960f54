import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { afterEach, expect, test, vi } from 'vitest'
import CopyButton from './copy-button.svelte'
import ToastRegion from './toast-region.svelte'
import { Toasts } from './toasts.svelte.ts'

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

test('good news goes by itself unless somebody looks at it; failures stay', async () => {
  vi.useFakeTimers()
  const toasts = new Toasts({ closeAfterMs: 5000 })
  toasts.success('Saved')
  toasts.failure('Not saved', { requestId: 'r-1', details: 'why' })
  toasts.hold('pointer')
  vi.advanceTimersByTime(60_000)
  expect(toasts.items).toHaveLength(2)
  toasts.release('pointer')
  vi.advanceTimersByTime(5001)
  expect(toasts.items.map(({ message }) => message)).toEqual(['Not saved'])
})

test('what is closed under the pointer holds nothing that comes later', () => {
  vi.useFakeTimers()
  const toasts = new Toasts({ closeAfterMs: 5000 })
  const first = toasts.success('Saved')
  toasts.hold('pointer')
  toasts.hold('focus')
  toasts.close(first)
  toasts.success('Saved again')
  vi.advanceTimersByTime(5001)
  expect(toasts.items).toEqual([])
})

test('leaving with the keyboard lets nothing go that is still pointed at', () => {
  vi.useFakeTimers()
  const toasts = new Toasts({ closeAfterMs: 5000 })
  toasts.success('Saved')
  toasts.hold('pointer')
  toasts.hold('focus')
  toasts.release('focus')
  vi.advanceTimersByTime(60_000)
  expect(toasts.items).toHaveLength(1)
})

test('closed with the keyboard, the focus goes to the next message and then back', async () => {
  const toasts = new Toasts()
  const before = document.createElement('button')
  document.body.append(before)
  render(ToastRegion, { toasts })
  toasts.failure('One')
  toasts.failure('Two')
  before.focus()
  const closers = await screen.findAllByRole('button', { name: 'Close' })
  closers[0]?.focus()
  closers[0]?.click()
  await waitFor(() => expect(toasts.items).toHaveLength(1))
  const left = screen.getByRole('button', { name: 'Close' })
  await waitFor(() => expect(document.activeElement).toBe(left))
  left.click()
  await waitFor(() => expect(document.activeElement).toBe(before))
  before.remove()
})

test('a failure is an alert, good news a status', async () => {
  const toasts = new Toasts()
  render(ToastRegion, { toasts })
  toasts.failure('Not saved')
  toasts.success('Saved')
  await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Not saved'))
  expect(screen.getByRole('status').textContent).toContain('Saved')
  await fireEvent.click(screen.getAllByRole('button', { name: 'Close' })[0] as HTMLElement)
  expect(toasts.items.map(({ message }) => message)).toEqual(['Saved'])
})

test('copies over plain HTTP by the old command', async () => {
  const copied: string[] = []
  Object.assign(document, {
    execCommand: () => copied.push(document.querySelector('textarea')?.value ?? '') > 0,
  })
  render(CopyButton, { text: 'sha256:abc' })
  await fireEvent.click(screen.getByRole('button', { name: 'Copy' }))
  expect(await screen.findByText('Copied')).toBeTruthy()
  expect(copied).toEqual(['sha256:abc'])
  expect(document.querySelector('textarea')).toBeNull()
})

test('selects the text and says so where nothing can be copied', async () => {
  Object.assign(document, { execCommand: () => false })
  render(CopyButton, { text: 'sha256:abc' })
  await fireEvent.click(screen.getByRole('button', { name: 'Copy' }))
  const box = await screen.findByRole<HTMLInputElement>('textbox')
  await waitFor(() => expect(document.activeElement).toBe(box))
  expect(box.value.slice(box.selectionStart ?? 0, box.selectionEnd ?? 0)).toBe('sha256:abc')
  expect(screen.getByRole('status').textContent).toContain('Ctrl+C')
})
