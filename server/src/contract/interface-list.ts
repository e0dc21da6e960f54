import { z } from 'zod'

import { queryInteger } from './values.ts'

/** Longer texts are in no name, digest or address. */
const longestSearch = 256

/** What every list of the interface is asked with. */
export function listQuery<const Columns extends readonly [string, ...string[]]>(columns: Columns) {
  return {
    search: z.string().max(longestSearch).describe('A part of the name').optional(),
    sort: z.enum(columns).describe('The column that the rows are sorted by').optional(),
    order: z.enum(['asc', 'desc']).describe('Upwards or downwards').optional(),
    limit: queryInteger('Rows a page, 1 to 100').optional(),
    page: queryInteger('Page, from 1; none behind row 10000').optional(),
    page_token: z
      .string()
      .max(4_096)
      .describe('Where the page before ended, as it said; counts more than a page number')
      .optional(),
  }
}

/**
 * A page of a list. The rows are counted up to 10000: where there are more, `total_capped` is true.
 * `sort` and `order` are those applied: a list that is too long to be sorted by any column is sorted
 * by one of `sortable`, the columns that lead to every page as fast as to the first.
 */
export function listPage<
  Row extends z.ZodType,
  const Columns extends readonly [string, ...string[]],
>(row: Row, columns: Columns) {
  return z.object({
    items: z.array(row),
    total: z.int(),
    total_capped: z.boolean(),
    /** Absent behind a page token. */
    page: z.int().optional(),
    limit: z.int(),
    next_page: z.string().optional(),
    sort: z.enum(columns),
    order: z.enum(['asc', 'desc']),
    sortable: z.array(z.enum(columns)),
  })
}

/** What became of each thing that a bulk action names. */
export const BulkResult = z
  .object({
    name: z.string(),
    ok: z.boolean(),
    /** Of the answer that the action on this one thing alone would have got. */
    status: z.int(),
    message: z.string().optional(),
  })
  .meta({ id: 'BulkResult' })

export const bulkAtMost = 1_000
