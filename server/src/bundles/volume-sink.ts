import type { FillOptions, PlannedFile } from './fill-file.ts'

/** Where a volume is written: a folder or a tar. Every step may be repeated after a crash. */
export interface VolumeSink {
  readonly path: string
  put(file: PlannedFile): Promise<void>
  /** A relative link; for folders alone. */
  link(name: string, target: string): Promise<void>
  /** All that was put is on the medium; what a volume ends with comes after. */
  flush(): Promise<void>
  /** Puts the last file, with which the volume is whole. */
  finish(last: PlannedFile): Promise<void>
  close(): Promise<void>
}

export type SinkOptions = FillOptions
