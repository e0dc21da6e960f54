import type { Input, Output } from '../../api/operations.ts'
import type { App } from '../../app/context.ts'
import { m } from '../../paraglide/messages.js'

type MirrorRow = Output<'GET /api/v1/mooring/mirrors'>['items'][number]
export type MirrorAction = NonNullable<Input<'POST /api/v1/mooring/mirrors/bulk'>['body']>['action']

const listedAtOnce = 100
const changedAtOnce = 500

const done = {
  sync: m.mirrors_bulk_sync,
  cancel: m.mirrors_bulk_cancel,
  pause: m.mirrors_bulk_pause,
  resume: m.mirrors_bulk_resume,
  delete: m.mirrors_bulk_delete,
} as const satisfies Record<MirrorAction, unknown>

/** Does one thing to some mirrors, and tells how that went. */
export async function changeMirrors(
  app: App,
  action: MirrorAction,
  repositories: readonly string[],
): Promise<void> {
  const failures: string[] = []
  for (let from = 0; from < repositories.length; from += changedAtOnce) {
    const { results } = await app.client.call('POST /api/v1/mooring/mirrors/bulk', {
      body: { action, repositories: repositories.slice(from, from + changedAtOnce) },
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
  await app.queries.invalidateQueries({ queryKey: ['mirrors'] })
}

/** Those of one upstream, or all. */
export async function changeAllMirrors(
  app: App,
  action: 'sync' | 'pause' | 'resume',
  upstream?: string,
): Promise<void> {
  const mirrors = await everyMirror(app, upstream)
  await changeMirrors(
    app,
    action,
    mirrors.map(({ repository }) => repository),
  )
}

/** Asks the upstream for the tags of one of its mirrors, as that mirror would. */
export async function testUpstream(app: App, upstream: string): Promise<void> {
  const { items } = await app.client.call('GET /api/v1/mooring/mirrors', {
    query: { upstream, limit: 1 },
  })
  for (const { repository, external_reference: reference } of items) {
    const before = performance.now()
    const { total } = await app.client.call(
      'POST /api/v1/mooring/repository/{repository}/mirror/preview',
      { params: { repository }, body: {} },
    )
    const ms = Math.round(performance.now() - before)
    app.toasts.success(m.mirrors_upstream_answers({ reference, ms, count: total }))
  }
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
