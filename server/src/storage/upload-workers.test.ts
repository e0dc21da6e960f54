import { afterEach, expect, test } from 'vitest'
import { createLogger } from '../platform/logger.ts'
import { uploadWorkers, type UploadWorkers } from './upload-workers.ts'

/** Answers sizes, never answers a write, and dies of a commit. */
const mortal = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ call, request }) => {
      if (request.op === 'commit') throw new Error('out of luck')
      if (request.op === 'close') parentPort.close()
      if (request.op !== 'write') parentPort.postMessage({ call, value: 7 })
    })
  `)}`,
)

let workers: UploadWorkers

function start(count: number): UploadWorkers {
  workers = uploadWorkers({
    root: '/nowhere',
    memory: new SharedArrayBuffer(0),
    keepOpen: 1,
    count,
    logger: createLogger('silent'),
    entry: mortal,
  })
  return workers
}

afterEach(() => workers.close())

const size = { op: 'size', upload: 'a' } as const
const write = { op: 'write', upload: 'a', offset: 0, from: 0, length: 1 } as const
const commit = { op: 'commit', upload: 'a', algorithm: 'sha256', digest: 'd' } as const
const lost = expect.objectContaining({ code: 'worker-stopped' }) as unknown

test('fails what a dying worker was doing, and goes on with another', async () => {
  start(2)
  expect(await workers.call(0, size)).toBe(7)
  const neighbour = workers.call(1, size)
  const pending = [workers.call(0, write), workers.call(0, commit), workers.call(0, write)]
  const results = await Promise.allSettled(pending)
  expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: lost })))
  expect(await neighbour).toBe(7)
  expect(await workers.call(0, size)).toBe(7)
})

test('starts no worker any more once closed', async () => {
  start(1)
  await workers.call(0, size)
  await workers.close()
  await expect(workers.call(0, size)).rejects.toEqual(lost)
})
