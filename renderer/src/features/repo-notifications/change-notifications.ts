import type { Client } from '../../api/client.ts'
import type { Explained } from '../../app/explain.ts'
import { m } from '../../paraglide/messages.js'
import { eventLabel, type RepoNotification } from './event-words.ts'

type Act = (params: { repository: string; uuid: string }) => Promise<unknown>

export const enabling =
  (client: Client): Act =>
  (params) =>
    client.call('POST /api/v1/repository/{repository}/notification/{uuid}', { params })

export const deleting =
  (client: Client): Act =>
  (params) =>
    client.call('DELETE /api/v1/repository/{repository}/notification/{uuid}', { params })

/** One after the other. @returns a line for each that failed */
export async function changeEach(
  repository: string,
  rows: readonly RepoNotification[],
  act: Act,
  explain: (cause: unknown) => Explained,
): Promise<readonly string[]> {
  const failures: string[] = []
  for (const row of rows) {
    try {
      await act({ repository, uuid: row.uuid })
    } catch (cause) {
      failures.push(`${nameOf(row)}: ${explain(cause).message}`)
    }
  }
  return failures
}

export const titleOf = ({ title }: RepoNotification) =>
  title === null || title === '' ? m.notify_untitled() : title

/** Several have no title: what else tells them apart. */
export const nameOf = (row: RepoNotification) =>
  row.title === null || row.title === '' ? eventLabel(row.event) : row.title
