import { createInfiniteQuery, createQuery } from '@tanstack/svelte-query'
import { useApp, type App } from '../../app/context.ts'
import { refreshOn } from '../appliance/refresh-on.svelte.ts'
import { isActive } from './bundle-words.ts'

const concerns = ({ job }: Readonly<Record<string, unknown>>) =>
  typeof job === 'string' && job.startsWith('bundle-')

/** Receipts that came back, the latest first. */
export const receiptsQuery = ({ client }: Pick<App, 'client'>) => ({
  queryKey: ['bundle-receipts'],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    client.call('GET /api/v1/mooring/receipts', { signal }),
})

/** Directories of the server where bundles may lie. */
export const placesQuery = ({ client }: Pick<App, 'client'>) => ({
  queryKey: ['bundle-places'],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    client.call('GET /api/v1/mooring/bundles/places', { signal }),
})

/** One job, kept up to date; for a component's beginning. */
export function useJob(id: () => string) {
  const app = useApp()
  const query = createQuery(() => ({
    queryKey: ['bundle-jobs', id()],
    queryFn: ({ signal }) =>
      app.client.call('GET /api/v1/mooring/jobs/{job_id}', { params: { job_id: id() }, signal }),
    // One that a command runs tells no events.
    refetchInterval: ({ state }) => (state.data && isActive(state.data) ? 3_000 : false),
  }))
  refreshOn(app, 'jobs', [['bundle-jobs']], (data) => concerns(data) && data['id'] === id())
  return query
}

/** All jobs, the latest first, kept up to date. */
export function useJobs() {
  const app = useApp()
  const query = createInfiniteQuery(() => ({
    queryKey: ['bundle-jobs'],
    queryFn: ({ signal, pageParam }) =>
      app.client.call('GET /api/v1/mooring/jobs', { query: { next_page: pageParam }, signal }),
    initialPageParam: '',
    getNextPageParam: ({ next_page: next }) => next,
  }))
  refreshOn(app, 'jobs', [['bundle-jobs'], ['bundles']], concerns)
  return query
}
