import { expect, test } from 'vitest'

import { createLogRing } from './log-ring.ts'
import { createLogger } from './logger.ts'

function written(limits: { lines?: number; characters?: number }, count: number) {
  const ring = createLogRing(limits)
  const out: string[] = []
  const tapped = ring.tap({ write: (text: string) => void out.push(text) })
  for (let at = 1; at <= count; at++) tapped.write(`line ${String(at)}\n`)
  return { ring, out }
}

const texts = (lines: Iterable<{ text: string }>) => [...lines].map(({ text }) => text)

test('keeps the latest lines and passes all of them on', () => {
  const { ring, out } = written({ lines: 3 }, 10)
  expect(texts(ring.newestFirst())).toEqual(['line 10', 'line 9', 'line 8'])
  expect(out).toHaveLength(10)
  expect(ring.lastSeq()).toBe(10)
})

test('pages towards older lines, and says what came after one', () => {
  const { ring } = written({ lines: 5 }, 7)
  expect(texts(ring.newestFirst(6))).toEqual(['line 5', 'line 4', 'line 3'])
  expect(texts(ring.newestFirst(3))).toEqual([])
  expect(texts(ring.after(5))).toEqual(['line 6', 'line 7'])
  expect(texts(ring.after(0))).toHaveLength(5)
  expect(texts(ring.after(7))).toEqual([])
  expect(texts(ring.after(99))).toEqual([])
  expect(texts(ring.newestFirst(99))).toHaveLength(5)
})

test('does not grow with long lines', () => {
  const { ring } = written({ characters: 20 }, 100)
  expect(texts(ring.newestFirst())).toEqual(['line 100', 'line 99'])
})

test('keeps no secret that a logger was handed', () => {
  const ring = createLogRing()
  const log = createLogger('info', ring.tap({ write: () => undefined }))
  const heard: string[] = []
  const end = ring.subscribe(({ text }) => heard.push(text))
  log.info({ password: 'hunter2', worker: 'sweep' }, 'something happened')
  end()
  log.info('not heard')
  expect(heard).toHaveLength(1)
  expect(heard[0]).toContain('[redacted]')
  expect(texts(ring.newestFirst()).join()).not.toContain('hunter2')
})
