import type { App } from '../../app/context.ts'
import { placesQuery, receiptsQuery } from './bundle-queries.svelte.ts'
import type { SavedSelection } from './bundle-words.ts'

/** What the wizard begins with. */
export interface ExportStart {
  /** The selection that is edited. */
  readonly saved?: SavedSelection
  /** Directories of the server where bundles may lie; only of an edited selection. */
  readonly places: readonly string[]
  /** The other side sent word of what it has. */
  readonly hasReceipts: boolean
}

/** Asked before the wizard is shown: nothing that somebody chose there is overwritten. */
export async function exportStart(
  app: Pick<App, 'client' | 'queries'>,
  selection: string | null,
): Promise<ExportStart> {
  if (selection === null) {
    // Without an answer the choice stays with the person.
    const { receipts } = await app.queries.query(receiptsQuery(app)).catch(() => ({ receipts: [] }))
    return { places: [], hasReceipts: receipts.length > 0 }
  }
  const params = { selection_id: selection }
  const [saved, { places }] = await Promise.all([
    app.client.call('GET /api/v1/mooring/bundles/selections/{selection_id}', { params }),
    app.queries.query(placesQuery(app)),
  ])
  return { saved, places: places.map(({ path }) => path), hasReceipts: false }
}
