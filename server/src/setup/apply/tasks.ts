import { adminTask } from './admin-task.ts'
import { certificatesTask } from './certificates-task.ts'
import { configTask } from './config-task.ts'
import { databaseTask } from './database-task.ts'
import { organizationsTask } from './organizations-task.ts'
import { scannerTask } from './scanner-task.ts'
import { selfTestTask } from './self-test-task.ts'
import { storageTask } from './storage-task.ts'
import type { Task } from './task.ts'

const listenersTask: Task = {
  id: 'listeners',
  step: 'network',
  failure: 'MOOR-SET-035',
  isVolatile: true,
  async run({ registry, loadConfig }) {
    const running = registry.running() ?? (await registry.start(await loadConfig()))
    return `listening at ${Object.values(running.urls).join(', ')}`
  },
}

const serviceTask: Task = {
  id: 'service',
  step: null,
  failure: 'MOOR-SET-039',
  run: ({ describeAutostart }) => Promise.resolve(describeAutostart()),
}

const closeTask: Task = {
  id: 'close',
  step: null,
  failure: 'MOOR-SET-039',
  async run({ close }) {
    await close()
    return 'the setup code and the temporary certificate are gone'
  },
}

/** In their order; each relies on those before it. */
export const applyTasks: readonly Task[] = [
  configTask,
  storageTask,
  databaseTask,
  certificatesTask,
  adminTask,
  listenersTask,
  selfTestTask,
  organizationsTask,
  scannerTask,
  serviceTask,
  closeTask,
]
