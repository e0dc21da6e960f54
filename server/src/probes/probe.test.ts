import { expect, it } from 'vitest'
import { probeCodes } from './probe-codes.ts'
import { doubtful, fine, probing, reasonOf, sizeText } from './probe.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'

it('says that something is being tried before what came of it', async () => {
  const seen: unknown[] = []
  for await (const { id, state, text } of probing(testContext(), 'one', 'Trying', () =>
    fine('Done'),
  )) {
    seen.push([id, state, text])
  }
  expect(seen).toEqual([
    ['one', 'running', 'Trying'],
    ['one', 'ok', 'Done'],
  ])
})

it('makes a failed line of what nobody foresaw', async () => {
  const broken = probing(testContext(), 'one', 'Trying', () =>
    Promise.reject(new Error('odd\nmore')),
  )
  const [line] = await linesOf(broken)
  expect(line && verdictOf(line)).toBe('failed MOOR-SYS-099')
  expect(line?.text).toContain('odd')
  expect(line?.text).not.toContain('more')
})

it('says nothing more once nobody waits for it', async () => {
  const stopping = new AbortController()
  const context = { ...testContext(), signal: stopping.signal }
  const probe = probing(context, 'one', 'Trying', () => {
    stopping.abort()
    return fine('Done')
  })
  expect(await linesOf(probe)).toEqual([])
})

it('has for every code a text and a step, and a filled-in one where facts are known', () => {
  for (const [code, { text, next }] of Object.entries(probeCodes)) {
    expect(code).toMatch(/^MOOR-[A-Z]{2,4}-\d{3}$/)
    expect(text).not.toMatch(/[.\n]$/)
    expect(next).toMatch(/^[a-z].*[^.\n]$/)
  }
  const { finding } = doubtful('MOOR-NET-007', { address: '192.0.2.9' })
  expect(finding?.text).toBe('192.0.2.9 is not an address of this host any more')
})

it('writes sizes and reasons for people', () => {
  expect(sizeText(3.5 * 1024 ** 3)).toBe('3.5 GiB')
  expect(sizeText(120 * 1024 ** 2)).toBe('120 MiB')
  expect(reasonOf(Object.assign(new Error('write'), { code: 'ENOSPC' }))).toBe('the disk is full')
  expect(reasonOf(new AggregateError([Object.assign(new Error(), { code: 'ECONNREFUSED' })]))).toBe(
    'the connection is refused',
  )
})
