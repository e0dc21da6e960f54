import type { Output } from '../../api/operations.ts'

export type LogRow = Output<'GET /api/v1/mooring/logs'>['items'][number]

/** A value of an entry by the name that sentences have for it (`metadata-words.ts`). */
export type Of = (name: string) => string

export interface LogKind {
  /** In the chart and in filters. */
  readonly label: () => string
  readonly text: (of: Of) => string
}

export type LogKinds = Readonly<Record<string, LogKind>>
