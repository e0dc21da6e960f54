import type { SiteConnection } from '../features/upstreams/connection-service.ts'
import type { Logger } from '../platform/logger.ts'
import { Worker } from '../work/worker.ts'

const lookEveryMs = 2_000

/** A command that takes long stops asking other registries when the site is disconnected meanwhile. */
export function followConnection({
  connection,
  log,
}: {
  connection: Pick<SiteConnection, 'step'>
  log: Logger
}): AsyncDisposable {
  const worker = new Worker({
    ...{ name: 'site-connection', step: connection.step, everyMs: lookEveryMs, log },
  })
  worker.start()
  return worker
}
