import { createInfiniteQuery } from '@tanstack/svelte-query'
import { useApp } from '../../app/context.ts'

/** The runs of a repository's mirror, the latest first; for a component's beginning. */
export function useRuns(fullName: () => string) {
  const app = useApp()
  return createInfiniteQuery(() => ({
    queryKey: ['repository', fullName(), 'mirror', 'runs'],
    queryFn: ({ signal, pageParam }) =>
      app.client.call('GET /api/v1/mooring/repository/{repository}/mirror/runs', {
        params: { repository: fullName() },
        query: pageParam === '' ? {} : { next_page: pageParam },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: ({ next_page: next }) => next,
  }))
}
