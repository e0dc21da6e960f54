import { expect, test } from 'vitest'

import { mergeBranches, type OrderedList } from './merge-branches.ts'

function listOf(ids: readonly number[], first = ids[0] ?? 1) {
  const reads: number[] = []
  const list: OrderedList = {
    first,
    list: (limit) => {
      reads.push(limit)
      return Promise.resolve(ids.slice(0, limit))
    },
  }
  return { list, reads }
}

const merge = (limit: number, ...lists: readonly { list: OrderedList }[]) =>
  mergeBranches(
    lists.map(({ list }) => list),
    limit,
  )

test('gives the lowest ids of all lists, each once', async () => {
  expect(await merge(4, listOf([5, 9]), listOf([1, 5, 7]), listOf([]))).toEqual([1, 5, 7, 9])
  expect(await merge(2, listOf([3, 4, 5]), listOf([1, 3]))).toEqual([1, 3])
})

test('orders numbers as numbers', async () => {
  expect(await merge(3, listOf([10, 100]), listOf([9]))).toEqual([9, 10, 100])
})

test('reads no list that begins behind the page', async () => {
  const late = listOf([50])
  await merge(2, late, listOf([1, 2, 3]))
  expect(late.reads).toEqual([])
  await merge(4, late, listOf([1, 2, 3]))
  expect(late.reads).toEqual([4])
})
