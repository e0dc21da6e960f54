import { expect, test } from 'vitest'

import { createLogRing } from '../../platform/log-ring.ts'
import { createLogger } from '../../platform/logger.ts'
import { createServiceLog, parseLine } from './service-log.ts'

function written() {
  const ring = createLogRing()
  const log = createLogger('debug', ring.tap({ write: () => undefined }))
  log.debug('looking')
  log.info({ worker: 'upload-sweep', count: 3 }, 'stale uploads removed')
  log.warn({ requestId: 'a-1', operationId: 'getRepo', path: '/api/v1/x' }, 'api request')
  log.error({ err: new Error('disk on fire') }, 'request failed')
  return createServiceLog({ ring })
}

const messages = (lines: readonly { message: string }[]) => lines.map(({ message }) => message)

test('lists the newest first, with where each line comes from', () => {
  const { lines, next, components } = written().page({}, undefined, 10)
  expect(messages(lines)).toEqual([
    ...['request failed', 'api request', 'stale uploads removed', 'looking'],
  ])
  expect(lines[1]).toMatchObject({ component: 'api', request_id: 'a-1', level: 'warn' })
  expect(lines[2]).toMatchObject({ component: 'upload-sweep', fields: { count: 3 } })
  expect(next).toBeNull()
  expect(components).toEqual(['api', 'server', 'upload-sweep'])
})

test.each([
  [{ level: 'warn' }, ['request failed', 'api request']],
  [{ component: 'upload-sweep' }, ['stale uploads removed']],
  [{ text: 'DISK on' }, ['request failed']],
  [{ level: 'error', text: 'stale' }, []],
])('filters by %j', (filter, expected) => {
  expect(messages(written().page(filter, undefined, 10).lines)).toEqual(expected)
})

test('goes on where a page ended', () => {
  const log = written()
  const first = log.page({}, undefined, 3)
  expect(first.next).toBe(2)
  expect(messages(log.page({}, first.next ?? 0, 3).lines)).toEqual(['looking'])
})

test('shows a line that is no JSON, without the colours of a terminal', () => {
  expect(parseLine({ seq: 1, text: '\u001b[31mred\u001b[0m alert' })).toMatchObject({
    message: 'red alert',
    component: 'server',
  })
})
