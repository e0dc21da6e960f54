import { fireEvent, render, screen, waitFor } from '@testing-library/svelte'
import { expect, test, vi } from 'vitest'
import { Form } from './form.svelte.ts'
import type { FormFailure } from './form.svelte.ts'
import { faultsOf } from './testing/faults.ts'
import FollowingForm from './testing/following-form.svelte'
import FormWorld from './testing/form-world.svelte'

class Refusal extends Error {
  readonly fields: Readonly<Record<string, string>>
  constructor(fields: Readonly<Record<string, string>>) {
    super('refused')
    this.fields = fields
  }
}

function open(send: () => Promise<void>) {
  const form = new Form({
    initial: { host: '', password: 'secret' },
    check: ({ host }) => (host === '' ? { host: 'A host is needed' } : {}),
    send,
    explain: (cause): FormFailure =>
      cause instanceof Refusal ? { fields: cause.fields } : { message: 'It did not answer' },
  })
  const { container } = render(FormWorld, { form })
  const host = screen.getByRole<HTMLInputElement>('textbox', { name: 'Host' })
  const send_ = () => fireEvent.submit(container.querySelector('form') as HTMLFormElement)
  return { form, host, container, send: send_ }
}

test('names an error only once the field was left, and ties it to the field', async () => {
  const { host, container } = open(async () => undefined)
  expect(screen.queryByText('A host is needed')).toBeNull()
  await fireEvent.blur(host)
  expect(host.getAttribute('aria-invalid')).toBe('true')
  const described = (host.getAttribute('aria-describedby') ?? '')
    .split(' ')
    .map((id) => document.getElementById(id)?.textContent.trim())
  expect(described).toEqual(['A name', 'A host is needed'])
  expect(await faultsOf(container)).toEqual([])
})

test('does not send what is wrong, and goes to the first error', async () => {
  const sent = vi.fn(async () => undefined)
  const { host, send } = open(sent)
  await send()
  await waitFor(() => expect(document.activeElement).toBe(host))
  expect(sent).not.toHaveBeenCalled()
})

test("keeps what was typed, and the server's errors until their fields change", async () => {
  const { form, host, send } = open(async () => {
    throw new Refusal({ '/host': 'This name is taken', '/password': 'Too short' })
  })
  await fireEvent.input(host, { target: { value: 'quay' } })
  await send()
  expect((await screen.findAllByText('This name is taken')).length).toBeGreaterThan(0)
  expect(form.errorList).toHaveLength(2)
  expect(screen.getByRole('link', { name: /: Too short$/ })).toBeTruthy()
  expect(host.value).toBe('quay')
  await fireEvent.input(host, { target: { value: 'quay2' } })
  expect(form.errors).toEqual({ password: 'Too short' })
})

test('sends once at a time, and is clean afterwards', async () => {
  let answer = () => {}
  const sent = vi.fn(() => new Promise<void>((resolve) => (answer = resolve)))
  const { form, host, send } = open(sent)
  await fireEvent.input(host, { target: { value: 'quay' } })
  expect(form.isDirty).toBe(true)
  await send()
  await send()
  expect(sent).toHaveBeenCalledOnce()
  answer()
  await waitFor(() => expect(form.isSubmitting).toBe(false))
  expect(form.isDirty).toBe(false)
})

test('shows a failure that no field is to blame for', async () => {
  const { host, send } = open(async () => {
    throw new Error('socket')
  })
  await fireEvent.input(host, { target: { value: 'quay' } })
  await send()
  expect((await screen.findByRole('alert')).textContent).toContain('It did not answer')
})

test('leaves Enter to the input method', async () => {
  const { host } = open(async () => undefined)
  const isSending = await fireEvent.keyDown(host, { key: 'Enter', isComposing: true })
  expect(isSending).toBe(false)
})

function openFollowing() {
  let answer = () => {}
  const sent = vi.fn<(values: unknown, before: unknown) => Promise<void>>(
    () => new Promise((resolve) => (answer = resolve)),
  )
  const form = new Form({ initial: { host: 'quay', password: '' }, send: sent })
  const { container, rerender } = render(FollowingForm, { form, host: 'quay' })
  const host = screen.getByRole<HTMLInputElement>('textbox', { name: 'Host' })
  return {
    ...{ form, host, sent },
    password: screen.getByLabelText<HTMLInputElement>(/^Password/),
    send: () => fireEvent.submit(container.querySelector('form') as HTMLFormElement),
    answer: () => {
      answer()
    },
    /** What the server says now. */
    tell: (name: string) => rerender({ form, host: name }),
  }
}

test('follows the server where nobody typed, and leaves alone what somebody did', async () => {
  const { form, host, password, tell, send, sent } = openFollowing()
  await tell('harbour')
  expect(host.value).toBe('harbour')
  expect(form.isDirty).toBe(false)
  await fireEvent.input(password, { target: { value: 'secret' } })
  await tell('pier')
  expect([host.value, password.value]).toEqual(['pier', 'secret'])
  await fireEvent.input(host, { target: { value: 'mine' } })
  await tell('dock')
  expect([host.value, password.value]).toEqual(['mine', 'secret'])
  await send()
  expect(sent.mock.lastCall).toEqual([
    { host: 'mine', password: 'secret' },
    { host: 'dock', password: '' },
  ])
})

test('keeps what was sent when the answers from before it come late', async () => {
  const { form, host, tell, send, answer } = openFollowing()
  await fireEvent.input(host, { target: { value: 'mine' } })
  await send()
  answer()
  await waitFor(() => expect(form.isSubmitting).toBe(false))
  // Nothing new was told: what the page knew before the sending is old.
  await tell('quay')
  expect(host.value).toBe('mine')
  await tell('mine.example')
  expect(host.value).toBe('mine.example')
})

test('begins empty again after it was sent', async () => {
  const { form, host, send } = open(async () => undefined)
  await fireEvent.input(host, { target: { value: 'quay' } })
  await send()
  await waitFor(() => expect(form.isDirty).toBe(false))
  form.reset()
  expect(form.values.host).toBe('')
})

test('is as a sending left it that emptied a secret', async () => {
  const initial = { host: 'quay', password: '' }
  const form: Form<typeof initial> = new Form({
    initial,
    send: async (values) => {
      form.reset({ ...values, password: '' })
    },
  })
  form.values.password = 'secret'
  await form.submit()
  expect(form.isDirty).toBe(false)
})
