import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../platform/clock.ts'
import { createLogger } from '../platform/logger.ts'
import { openDiskStorage } from './disk-storage.ts'
import { storageSuite } from './storage-suite.ts'

const logger = createLogger('silent')

storageSuite('disk', async () => {
  const path = await mkdtemp(join(tmpdir(), 'mooring-storage-'))
  return {
    open: () => openDiskStorage({ path, clock: systemClock, logger }),
    async leftovers() {
      const entries = await readdir(path, { recursive: true, withFileTypes: true })
      return entries.filter((entry) => entry.isFile()).map((entry) => entry.name)
    },
    dispose: () => rm(path, { recursive: true }),
  }
})
