import { createHmac } from 'node:crypto'

import type { Secret } from '../../config/secret.ts'

/** What lets somebody without a login see the status badge of a private repository. */
export function createStatusTokens(secretKey: Secret) {
  return {
    of: (repositoryId: number): string =>
      createHmac('sha256', secretKey.reveal())
        .update(`status token ${String(repositoryId)}`)
        .digest('hex')
        .slice(0, 32),
  }
}
