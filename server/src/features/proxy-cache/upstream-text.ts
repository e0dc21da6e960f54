import { CopyFault } from '../copying/copy-fault.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'

/** What a client is told when the upstream did not give what it asked for (engines, 9.2). */
export function upstreamText(error: unknown): string {
  return `the requested image may not exist in the upstream registry, or the configured Quay organization credentials have insufficient rights to access it (${detailOf(error)})`
}

function detailOf(error: unknown): string {
  if (error instanceof UpstreamFault || error instanceof CopyFault) return error.message
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return 'the upstream registry did not answer in time'
  }
  return typeof error === 'string' ? error : 'the upstream registry could not be asked'
}
