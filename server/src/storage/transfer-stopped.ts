/** The receiving side went away, or the transfer was told to stop: not a fault of the server. */
export class TransferStopped extends Error {
  override readonly name = 'TransferStopped'
  readonly code = 'transfer-stopped'

  constructor(options?: ErrorOptions) {
    super('the transfer was stopped', options)
  }
}
