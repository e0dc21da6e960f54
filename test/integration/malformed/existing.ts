/** Things of the server that a request may name, so that it gets past the first check. */
export interface Existing {
  readonly repository: string
  readonly digest: string
  readonly tag: string
  readonly uploads: readonly string[]
  readonly authorization: string
}
