import { getRegistrySize, queueRegistrySizeCalculation } from '../../contract/registry-size.ts'
import { reply, route, type ApiRoute } from '../api/api-call.ts'
import type { RegistrySizeService } from './registry-size-service.ts'

export function registrySizeApi({
  registrySize,
}: {
  registrySize: RegistrySizeService
}): readonly ApiRoute[] {
  return [
    route(getRegistrySize, async () => {
      const { sizeBytes, completedAt, isQueued, isRunning } = await registrySize.get()
      return {
        size_bytes: sizeBytes,
        last_ran: completedAt,
        queued: isQueued,
        running: isRunning,
      }
    }),
    route(queueRegistrySizeCalculation, async () =>
      reply((await registrySize.queue()) ? 201 : 202, '' as const),
    ),
  ]
}
