interface Result {
  readonly name: string
  readonly ok: boolean
  readonly message?: string | undefined
}

/** What became of the parts of a bulk action, for a toast that can be unfolded. */
export function bulkOutcome(results: readonly Result[]) {
  const failed = results.filter(({ ok }) => !ok)
  return {
    done: results.length - failed.length,
    failed: failed.length,
    /** One line for each that failed: names and the server's own reasons. */
    details: failed
      .map(({ name, message = '' }) => (message === '' ? name : `${name}: ${message}`))
      .join('\n'),
  }
}
