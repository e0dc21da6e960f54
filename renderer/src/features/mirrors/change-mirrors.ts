import type { Input, Output } from '../../api/operations.ts'
import type { App } from '../../app/context.ts'
import { m } from '../../paraglide/messages.js'

type MirrorRow = Output<'GET /api/v1/mooring/mirrors'>['items'][number]
type Bulk = NonNullable<Input<'POST /api/v1/mooring/mirrors/bulk'>['body']>
export type MirrorAction = Bulk['action']
export type MirrorChange = NonNullable<Bulk['change']>

const listedAtOnce = 100
const changedAtOnce = 500

const done = {
  sync: m.mirrors_bulk_sync,
  cancel: m.mirrors_bulk_cancel,
  pause: m.mirrors_bulk_pause,
  resume: m.mirrors_bulk_resume,
  delete: m.mirrors_bulk_delete,
  change: m.mirrors_bulk_change,
} as const satisfies Record<MirrorAction, unknown>

/** Does one thing to some mirrors, and tells how that went. */
export async function changeMirrors(
  app: App,
  action: MirrorAction,
  repositories: readonly string[],
  change?: MirrorChange,
): Promise<void> {
  const failures: string[] = []
  for (let from = 0; from < repositories.length; from += changedAtOnce) {
    const { results } = await app.client.call('POST /api/v1/mooring/mirrors/bulk', {
      body: {
        ...{ action, repositories: repositories.slice(from, from + changedAtOnce) },
        ...(change && { change }),
      },
    })
    for (const { ok, name, message } of results) if (!ok) failures.push(`${name}: ${message ?? ''}`)
  }
  const count = repositories.length
  if (failures.length === 0) app.toasts.success(done[action]({ count }))
  else {
    app.toasts.warning(m.mirrors_bulk_partly({ failed: failures.length, count }), {
      details: failures.join('\n'),
    })
  }
  // The pages of single mirrors, too: their forms begin with what is known.
  void app.queries.invalidateQueries({ queryKey: ['repository'] })
  await app.queries.invalidateQueries({ queryKey: ['mirrors'] })
}

/** Those of one upstream, or all. */
export async function changeAllMirrors(
  app: App,
  action: 'sync' | 'pause' | 'resume' | 'delete',
  upstream?: string,
): Promise<void> {
  const mirrors = await everyMirror(app, upstream)
  await changeMirrors(
    app,
    action,
    mirrors.map(({ repository }) => repository),
  )
}

export async function everyMirror(app: App, upstream?: string): Promise<readonly MirrorRow[]> {
  const mirrors: MirrorRow[] = []
  for (let page = 1; ; page++) {
    const { items } = await app.client.call('GET /api/v1/mooring/mirrors', {
      query: { page, limit: listedAtOnce, ...(upstream !== undefined && { upstream }) },
    })
    mirrors.push(...items)
    if (items.length < listedAtOnce) return mirrors
  }
}
