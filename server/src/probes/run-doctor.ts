import { getCACertificates } from 'node:tls'
import { Worker } from 'node:worker_threads'
import type { Environment } from '../config/config.ts'
import type { TestLine } from '../contract/setup.ts'
import type { DoctorOrder } from './doctor-thread.ts'

const patienceMs = 30_000

/**
 * What `mooring doctor` says, on a thread of its own: it reads the whole database, which would hold
 * up those who push and pull.
 */
export function runDoctor({
  dataDir,
  configDir,
  env,
}: {
  readonly dataDir: string
  readonly configDir: string
  readonly env: Environment
}): Promise<readonly TestLine[]> {
  const authorities = getCACertificates('default')
  const thread = new Worker(new URL('./doctor-thread.ts', import.meta.url), {
    workerData: { dataDir, configDir, authorities, patienceMs } satisfies DoctorOrder,
    env: { ...env },
    execArgv: [],
  })
  const { promise, resolve, reject } = Promise.withResolvers<readonly TestLine[]>()
  thread.once('message', resolve)
  thread.once('error', reject)
  thread.once('exit', () => {
    reject(new Error('the examination ended early'))
  })
  return promise
}
