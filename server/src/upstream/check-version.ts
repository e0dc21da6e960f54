import type { Logins } from './logins.ts'
import type { Session } from './session.ts'
import { UpstreamFault } from './upstream-fault.ts'
import type { UpstreamTarget } from './upstream-target.ts'

/** Asks anew, whatever is known already. */
export async function checkVersion(
  target: UpstreamTarget,
  {
    logins,
    session,
    signal,
  }: { readonly logins: Logins; readonly session: Session; readonly signal: AbortSignal },
): Promise<'open' | 'authenticated' | 'anonymous'> {
  const challenge = await logins.challengeOf(target, signal)
  if (challenge === undefined) return 'open'
  if (target.basic === undefined) return 'anonymous'
  try {
    await session.ask({
      ...{ method: 'GET', url: new URL('/v2/', target.origin), signal },
      read: async (reply) => {
        reply.discard()
      },
    })
  } catch (error) {
    // Some want a scope even here; that they gave a token for the password is enough then.
    const isTokenEnough = challenge.scheme === 'bearer' && isRefusalOfVersion(error)
    if (!isTokenEnough || (await logins.current(target, signal)) === undefined) throw error
  }
  return 'authenticated'
}

/** Not of the token. */
function isRefusalOfVersion(error: unknown): boolean {
  return (
    error instanceof UpstreamFault && error.code === 'auth_failed' && error.asked === 'GET /v2/'
  )
}
