import { isProblem } from '../../problem.ts'
import { UpstreamFault } from '../../upstream/upstream-fault.ts'
import { CopyFault } from '../copying/copy-fault.ts'

/** Why an organization or one of its repositories cannot be mirrored, in words for its log. */
export class OrgMirrorFault extends Error {
  override readonly name = 'OrgMirrorFault'
}

const longestText = 1_000

/** What is told of an error; nothing of one that only the registry's own log should hold. */
export function faultText(error: unknown): string {
  if (
    error instanceof OrgMirrorFault ||
    error instanceof UpstreamFault ||
    error instanceof CopyFault
  ) {
    return error.message.slice(0, longestText)
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'It took too long'
  if (isProblem(error)) {
    const { message } = error.detail
    return (typeof message === 'string' ? message : error.code).slice(0, longestText)
  }
  return 'Something failed in the registry; see its log'
}
