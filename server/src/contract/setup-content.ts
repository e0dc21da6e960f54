import { z } from 'zod'
import { MirrorFailure, MirrorState } from './mooring-mirrors.ts'

/** POST /content/estimate: values of the step mirrors, as they are typed. */
export const EstimateContent = z.object({ values: z.unknown() })

/** How much one repository is: sent again as more of its tags are looked at. */
const ContentEstimate = z.object({
  kind: z.literal('content'),
  /** As in the values: which upstream, and which of its content. */
  upstream: z.int(),
  content: z.int(),
  repository: z.string(),
  state: z.enum(['running', 'done', 'failed']),
  /** That were chosen; of `measured` the sizes are known. */
  tags: z.int(),
  measured: z.int(),
  /** Of these, what they share counted once. */
  bytes: z.number(),
  /** Why not all of them are known. */
  failure: z.object({ code: MirrorFailure, text: z.string() }).nullable(),
})

/** The last line; closing the connection before it cancels. */
const TotalEstimate = z.object({
  kind: z.literal('total'),
  /** What all of it shares is counted once. */
  bytes: z.number(),
  tags: z.int(),
  measured: z.int(),
  /** Where content will be; null: a bucket does not say. */
  freeBytes: z.number().nullable(),
  /** Every tag that was chosen is in it. */
  isWhole: z.boolean(),
})

/** A line of the answer, which is NDJSON. */
export const EstimateLine = z
  .discriminatedUnion('kind', [ContentEstimate, TotalEstimate])
  .meta({ id: 'SetupEstimateLine' })
export type EstimateLine = z.output<typeof EstimateLine>

/** GET /content: how far the new registry is with the first content, once it runs. */
export const FirstContentView = z
  .object({
    /** Of more than a page only the first. */
    mirrors: z.array(
      z.object({
        repository: z.string(),
        state: MirrorState,
        /** Bytes, of those that are known to be missing so far. */
        done: z.number(),
        total: z.number(),
        tagsDone: z.int(),
        tagsTotal: z.int(),
        failure: z.object({ code: MirrorFailure, text: z.string() }).nullable(),
      }),
    ),
    count: z.int(),
  })
  .meta({ id: 'SetupFirstContent' })
export type FirstContentView = z.output<typeof FirstContentView>
