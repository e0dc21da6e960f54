import type { Readable } from 'node:stream'

/** What can be read at any place: a file as it lies there, or what is encrypted in it. */
export interface ReadableBytes {
  read(
    into: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesRead: number }>
}

export interface WritableBytes {
  write(
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>
}

/** An open file. One read at a time. */
export interface ByteFile extends ReadableBytes {
  /** Ending or destroying the stream closes the file. */
  createReadStream(range: {
    readonly start: number
    readonly end: number
    readonly highWaterMark: number
  }): Readable
  close(): Promise<void>
}

/** A file that may be opened several times. */
export interface ByteSource {
  readonly sizeBytes: number
  open(): Promise<ByteFile>
}
