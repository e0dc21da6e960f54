import { expect, it } from 'vitest'
import { bulkAtMost, chosenNames } from './chosen-names.ts'

/** A list of so many rows, a hundred a page. */
const list = (length: number) => (token: string | undefined) => {
  const from = Number(token ?? 0)
  const names = Array.from({ length: Math.min(100, length - from) }, (_, at) => `n${from + at}`)
  const next = from + 100 < length ? String(from + 100) : undefined
  return Promise.resolve({ names, next })
}

it('names what was chosen one by one without asking', async () => {
  const refuse = () => Promise.reject(new Error('asked'))
  expect(await chosenNames({ all: false, keys: ['a', 'b'] }, refuse)).toEqual({
    names: ['a', 'b'],
    isCut: false,
  })
})

it('reads the whole list for all of it but the exceptions', async () => {
  const { names, isCut } = await chosenNames({ all: true, keys: ['n1', 'n120'] }, list(250))
  expect(names).toHaveLength(248)
  expect(names).not.toContain('n120')
  expect(isCut).toBe(false)
})

it('stops at what one call takes, and says so', async () => {
  const { names, isCut } = await chosenNames({ all: true, keys: ['n0'] }, list(5_000))
  expect(names).toHaveLength(bulkAtMost)
  expect(isCut).toBe(true)
  expect((await chosenNames({ all: true, keys: [] }, list(1_000))).isCut).toBe(false)
})
