/** A page of a `/v2` list: how many, and the name after which it starts. */
export interface Page {
  readonly limit: number
  readonly after?: string
}

/**
 * Reads `n` and `last`. Without `n`, and above the maximum, the maximum counts; a number below zero
 * or text that is none becomes 1, as Quay answers.
 */
export function parsePage(query: URLSearchParams, maximum: number): Page {
  const asked = query.get('n')
  const after = query.get('last') ?? query.get('next_page')
  return { limit: asked === null ? maximum : clamp(asked, maximum), ...(after ? { after } : {}) }
}

function clamp(asked: string, maximum: number): number {
  if (!/^\d{1,10}$/.test(asked)) return 1
  return Math.min(Number(asked), maximum)
}

/** RFC 8288 link to the page that follows (OCI distribution spec, "Listing tags"). */
export function nextLink(base: string, parameters: Readonly<Record<string, string>>): string {
  return `<${base}?${new URLSearchParams(parameters).toString()}>; rel="next"`
}
