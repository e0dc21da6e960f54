import { ApiError } from '../../api/api-error.ts'
import type { App } from '../../app/context.ts'

/** The configuration of an organization's mirror; null where nothing is configured. */
export const orgMirrorQuery = (app: App, orgname: string) => ({
  queryKey: ['organization', orgname, 'mirror', 'configuration'],
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    try {
      return await app.client.call('GET /api/v1/organization/{orgname}/mirror', {
        params: { orgname },
        signal,
      })
    } catch (cause) {
      if (cause instanceof ApiError && cause.status === 404) return null
      throw cause
    }
  },
})
