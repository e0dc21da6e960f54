import type { App } from '../../app/context.ts'

/** Loads what a page shows again when the server says that it changed; for a component's beginning. */
export function refreshOn(
  { live, queries }: Pick<App, 'live' | 'queries'>,
  topic: 'jobs' | 'health',
  keys: readonly (readonly string[])[],
  concerns: (data: Readonly<Record<string, unknown>>) => boolean = () => true,
): void {
  $effect(() =>
    live.listen(topic, ({ name, data }) => {
      if (name !== (topic === 'jobs' ? 'job' : 'health')) return
      if (!concerns((data ?? {}) as Readonly<Record<string, unknown>>)) return
      for (const queryKey of keys) void queries.invalidateQueries({ queryKey })
    }),
  )
}
