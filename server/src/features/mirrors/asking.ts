import { Problem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { failureOf, MirrorFault } from './mirror-failure.ts'

const answerWithinMs = 60_000

/**
 * For somebody who waits for the answer.
 * @throws Problem `request-invalid` with the reason for which the upstream gives nothing
 */
export async function asking<T>(
  signal: AbortSignal,
  work: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const timeout = AbortSignal.timeout(answerWithinMs)
  try {
    return await work(AbortSignal.any([signal, timeout]))
  } catch (error) {
    if (timeout.aborted) {
      throw new Problem('request-invalid', { message: 'The upstream takes too long to answer' })
    }
    if (error instanceof UpstreamFault || error instanceof MirrorFault) {
      const { code, message } = failureOf(error)
      throw new Problem('request-invalid', { message, extra: { code } }, { cause: error })
    }
    throw error
  }
}
