import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import DialogWorld from './testing/dialog-world.svelte'
import { faultsOf } from './testing/faults.ts'

async function open(props: { word?: string; onconfirm: () => Promise<void> }) {
  render(DialogWorld, props)
  const opener = screen.getByRole('button', { name: 'Open' })
  opener.focus()
  await fireEvent.click(opener)
  return { opener, dialog: await screen.findByRole('alertdialog', { name: 'Delete team' }) }
}

test('a question starts on the safe button and gives the focus back', async () => {
  const { opener, dialog } = await open({ onconfirm: async () => undefined })
  const cancel = screen.getByRole('button', { name: 'Cancel' })
  await waitFor(() => expect(document.activeElement).toBe(cancel))
  expect(await faultsOf(dialog)).toEqual([])
  await fireEvent.keyDown(cancel, { key: 'Escape' })
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
  await waitFor(() => expect(document.activeElement).toBe(opener))
})

test('confirms only once the word is typed', async () => {
  const onconfirm = vi.fn(async () => undefined)
  await open({ word: 'ops', onconfirm })
  const confirm = screen.getByRole<HTMLButtonElement>('button', { name: 'Delete' })
  const box = screen.getByRole('textbox')
  await waitFor(() => expect(document.activeElement).toBe(box))
  expect(confirm.disabled).toBe(true)
  await fireEvent.input(box, { target: { value: 'ops' } })
  expect(confirm.disabled).toBe(false)
  await fireEvent.click(confirm)
  await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
  expect(onconfirm).toHaveBeenCalledOnce()
})

test('stays while it runs, runs once, and shows why it failed', async () => {
  let refuse: (cause: Error) => void = () => undefined
  const onconfirm = vi.fn(() => new Promise<void>((_, reject) => (refuse = reject)))
  await open({ onconfirm })
  const confirm = screen.getByRole('button', { name: 'Delete' })
  await fireEvent.click(confirm)
  await fireEvent.click(confirm)
  await fireEvent.keyDown(confirm, { key: 'Escape' })
  expect(onconfirm).toHaveBeenCalledOnce()
  expect(screen.getByRole('alertdialog')).toBeTruthy()
  refuse(new Error('The team has members'))
  expect((await screen.findByRole('alert')).textContent).toContain('The team has members')
})
