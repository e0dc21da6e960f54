import { ApiError } from '../../api/api-error.ts'
import type { Client } from '../../api/client.ts'
import type { InputOf } from '../../api/operations.ts'
import { explain } from '../../app/explain.ts'

type Change = NonNullable<
  InputOf<'POST /api/v1/mooring/repository/{repository}/tags/bulk'>[0]
>['body']

export interface TagResult {
  readonly name: string
  readonly ok: boolean
  readonly message?: string | undefined
}

/** One change to many tags, each with a result of its own. */
export async function changeTags(
  client: Client,
  repository: string,
  names: readonly string[],
  change: Pick<Change, 'action' | 'expiration'>,
): Promise<readonly TagResult[]> {
  const { results } = await client.call('POST /api/v1/mooring/repository/{repository}/tags/bulk', {
    params: { repository },
    body: { ...change, tags: [...names] },
  })
  return results
}

/** Deletes tags past the time machine, one after the other: there is no call for many. */
export async function destroyTags(
  client: Client,
  repository: string,
  names: readonly string[],
): Promise<readonly TagResult[]> {
  const results: TagResult[] = []
  for (const name of names) {
    try {
      await client.call('POST /api/v1/repository/{repository}/tag/{tag}/expire', {
        params: { repository, tag: name },
        body: { is_alive: true, include_submanifests: true },
      })
      results.push({ name, ok: true })
    } catch (cause) {
      // What does not arrive for one will not for the next either.
      if (!(cause instanceof ApiError)) throw cause
      results.push({ name, ok: false, message: explain(cause).message })
    }
  }
  return results
}
