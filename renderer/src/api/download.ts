import { ApiError, UnreachableError } from './api-error.ts'

export interface Download {
  readonly name: string
  readonly blob: Blob
}

/**
 * Gets a file whole. With fetch, because a plain link cannot send the headers that calls of pages need.
 * @param url of a route, as `client.address` gives it
 */
export async function download(url: string, fallbackName: string): Promise<Download> {
  let response: Response
  try {
    response = await fetch(url, {
      credentials: 'same-origin',
      headers: { 'X-Requested-With': 'XMLHttpRequest' },
    })
  } catch (cause) {
    throw new UnreachableError(cause)
  }
  if (!response.ok) {
    const requestId = response.headers.get('X-Request-Id') ?? undefined
    throw new ApiError(response.status, await bodyOf(response), requestId)
  }
  const disposition = response.headers.get('Content-Disposition') ?? ''
  const name = /filename="([^"\\/]+)"/.exec(disposition)?.[1] ?? fallbackName
  return { name, blob: await response.blob() }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text()
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
