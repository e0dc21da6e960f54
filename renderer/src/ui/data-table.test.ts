import { fireEvent, render, screen } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import { Selection } from './selection.svelte.ts'
import { faultsOf } from './testing/faults.ts'
import TableWorld from './testing/table-world.svelte'

const box = (name: string) => screen.getByRole<HTMLInputElement>('checkbox', { name })

test('is a real table: caption, sorted header, row headers, a count', async () => {
  const { container } = render(TableWorld, { selection: new Selection() })
  const table = screen.getByRole('table', { name: 'Tags' })
  expect(table.getAttribute('aria-rowcount')).toBe('96')
  const sorts = screen.getAllByRole('columnheader').map((th) => th.getAttribute('aria-sort'))
  expect(sorts).toEqual([null, null, 'ascending', 'none', null])
  expect(screen.getByRole('rowheader', { name: 'a' })).toBeTruthy()
  expect(screen.getAllByText('1–20 of 95').length).toBeGreaterThan(0)
  expect(await faultsOf(container)).toEqual([])
})

test('asks for another order, page and size', async () => {
  const onQuery = vi.fn()
  render(TableWorld, { onQuery })
  await fireEvent.click(screen.getByRole('button', { name: 'Name' }))
  expect(onQuery).toHaveBeenLastCalledWith({ sort: 'name', order: 'desc' })
  await fireEvent.click(screen.getByRole('button', { name: 'Size' }))
  expect(onQuery).toHaveBeenLastCalledWith({ sort: 'size', order: 'asc' })
  await fireEvent.click(screen.getAllByRole('button', { name: 'Last page' })[0] as HTMLElement)
  expect(onQuery).toHaveBeenLastCalledWith({ page: 5 })
  await fireEvent.change(screen.getByRole('combobox', { name: 'Per page' }), {
    target: { value: '50' },
  })
  expect(onQuery).toHaveBeenLastCalledWith({ page: 1, limit: 50 })
})

test('chooses one, a range with Shift, the page, and all with exceptions', async () => {
  const selection = new Selection()
  render(TableWorld, { selection })
  await fireEvent.click(box('Select a'))
  await fireEvent.click(box('Select c'), { shiftKey: true })
  expect(selection.toJSON()).toEqual({ all: false, keys: ['a', 'b', 'c'] })
  expect(box('Select b').checked).toBe(true)
  expect(screen.getByRole('group', { name: 'Actions for the selection' }).textContent).toContain(
    '3 selected',
  )
  await fireEvent.click(box('Select page (4)'))
  expect(selection.count(95)).toBe(4)
  selection.selectAll()
  await fireEvent.click(box('Select b'))
  expect(selection.toJSON()).toEqual({ all: true, keys: ['b'] })
  expect(selection.count(95)).toBe(94)
})

test('unfolds a row', async () => {
  render(TableWorld)
  const button = screen.getByRole('button', { name: 'Details of b' })
  await fireEvent.click(button)
  expect(button.getAttribute('aria-expanded')).toBe('true')
  expect(screen.getByText('Layers of b')).toBeTruthy()
})

test('offers another try when loading failed', async () => {
  const onRetry = vi.fn()
  render(TableWorld, { state: 'failed', onRetry })
  await fireEvent.click(screen.getByRole('button', { name: 'Try again' }))
  expect(onRetry).toHaveBeenCalledOnce()
  expect(screen.queryByRole('table')).toBeNull()
})
