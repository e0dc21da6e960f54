/** A column of a list. What a cell shows is `text`, or the snippet of the same key in `cells`. */
export interface Column<Row, Sort extends string = string> {
  readonly key: string
  readonly label: string
  readonly text?: (row: Row) => string | number | null | undefined
  /** What the list is sorted by when this header is pressed; true: by the key. */
  readonly sort?: Sort | true | undefined
  /** 1 is always there, 2 from 600 px on, 3 from 1024 px on. */
  readonly priority?: 1 | 2 | 3 | undefined
  readonly align?: 'start' | 'end' | undefined
  /** The cell that names the row; else the first column. */
  readonly isHeader?: boolean | undefined
  readonly isMono?: boolean | undefined
  readonly hideLabel?: boolean | undefined
  readonly width?: 'narrow' | 'wide' | undefined
}

/** Which rows are shown. */
export interface TableOrder<Sort extends string = string> {
  readonly page: number
  readonly limit: number
  readonly sort?: Sort | undefined
  readonly order?: 'asc' | 'desc' | undefined
}

export interface TableChange<Sort extends string = string> {
  page?: number
  limit?: number
  sort?: Sort
  order?: 'asc' | 'desc'
}

/** Whether a column fits; a width of 0 is not measured yet. */
export function isColumnShown(
  { key, priority = 1 }: Pick<Column<never>, 'key' | 'priority'>,
  widthPx: number,
  chosen: readonly string[] | undefined,
): boolean {
  if (chosen !== undefined) return chosen.includes(key)
  if (widthPx === 0) return true
  return priority === 1 || widthPx >= (priority === 2 ? 600 : 1024)
}
