import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import Combobox from './combobox.svelte'

const people = ['alice', 'bob', 'bruno'].map((name) => ({ value: name, label: name }))

function open(more: Record<string, unknown> = {}) {
  const onselect = vi.fn()
  const search = vi.fn(async (text: string) => [
    { label: 'Users', options: people.filter(({ label }) => label.startsWith(text)) },
  ])
  render(Combobox, { label: 'Member', value: null, search, onselect, delayMs: 0, ...more })
  const box = screen.getByRole<HTMLInputElement>('combobox', { name: 'Member' })
  return { box, onselect, search }
}

async function type(box: HTMLInputElement, value: string) {
  box.focus()
  await fireEvent.input(box, { target: { value } })
}

test('searches as one types, and takes the highlighted with Enter', async () => {
  const { box, onselect, search } = open()
  await type(box, 'b')
  // jsdom lays nothing out, so what floats counts as hidden there.
  const option = await screen.findByText('bob')
  expect(option.closest('[role="option"]')).not.toBeNull()
  expect(box.getAttribute('aria-expanded')).toBe('true')
  expect(search).toHaveBeenLastCalledWith('b', expect.anything())
  await fireEvent.keyDown(box, { key: 'ArrowDown' })
  await waitFor(() => expect(box.getAttribute('aria-activedescendant')).toBeTruthy())
  await fireEvent.keyDown(box, { key: 'Enter' })
  await waitFor(() => expect(onselect).toHaveBeenCalledOnce())
  const [chosen] = onselect.mock.calls[0] as [{ label: string }]
  await waitFor(() => expect(box.value).toBe(chosen.label))
})

test('says so when nothing is found, and offers to create it', async () => {
  const oncreate = vi.fn()
  const create = [{ label: (text: string) => `Create team ${text}`, oncreate }]
  const { box } = open({ create })
  await type(box, 'zed')
  expect(await screen.findByText('No results found')).toBeTruthy()
  await fireEvent.keyDown(box, { key: 'ArrowDown' })
  await fireEvent.keyDown(box, { key: 'Enter' })
  await waitFor(() => expect(oncreate).toHaveBeenCalledWith('zed'))
})

test('closes with Escape and keeps what was chosen', async () => {
  const { box } = open({ value: people[0] })
  await type(box, 'b')
  await screen.findByText('bob')
  await fireEvent.keyDown(box, { key: 'Escape' })
  await waitFor(() => expect(box.getAttribute('aria-expanded')).toBe('false'))
  await waitFor(() => expect(box.value).toBe('alice'))
})
