import { afterEach, describe, expect, it, vi } from 'vitest'
import { createLogger } from './logger.ts'
import { createServiceNotify } from './service-notify.ts'

const log = createLogger('silent')

function notifier(env: Record<string, string>) {
  const sent: string[] = []
  const service = createServiceNotify({
    env,
    pid: 42,
    log,
    notify: async (assignments) => void sent.push(assignments.join(' ')),
  })
  return { sent, service }
}

const watched = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '30000000' }

describe('service notifications', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('say when the service is ready and when it stops', async () => {
    const { sent, service } = notifier({ NOTIFY_SOCKET: '/run/notify' })
    await service.ready('Serving')
    await service.stopping()
    expect(sent).toEqual([
      'READY=1 STATUS=Serving',
      'STOPPING=1 STATUS=Finishing requests under way',
    ])
  })

  it('say nothing where no service manager asked', async () => {
    const { sent, service } = notifier({ WATCHDOG_USEC: '30000000' })
    await service.ready('Serving')
    await service.stopping()
    expect(sent).toEqual([])
  })

  it('feed the watchdog three times a period while the server answers', async () => {
    vi.useFakeTimers()
    const { sent, service } = notifier(watched)
    let answers = true
    service.watch(async () => answers)
    await vi.advanceTimersByTimeAsync(30_000)
    expect(sent).toEqual(['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1'])

    answers = false
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveLength(3)
    service.close()
  })

  it('feed no watchdog when the check fails or never comes back', async () => {
    vi.useFakeTimers()
    const failing = notifier(watched)
    failing.service.watch(() => Promise.reject(new Error('no database')))
    const hanging = notifier(watched)
    let asked = 0
    hanging.service.watch(() => {
      asked += 1
      return new Promise(() => undefined)
    })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(failing.sent).toEqual([])
    expect(hanging.sent).toEqual([])
    expect(asked).toBeGreaterThan(1)
    failing.service.close()
    hanging.service.close()
  })

  it('leave the watchdog of another process alone', async () => {
    vi.useFakeTimers()
    const { sent, service } = notifier({ ...watched, WATCHDOG_PID: '41' })
    service.watch(async () => true)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toEqual([])
  })

  it('go on when the service manager cannot be reached', async () => {
    const service = createServiceNotify({
      env: watched,
      pid: 42,
      log,
      notify: () => Promise.reject(new Error('ENOENT')),
    })
    await expect(service.ready('Serving')).resolves.toBeUndefined()
  })
})
