/** A worker that says nothing for this long has crashed, and its work is anybody's. */
export const claimLifeMs = 60_000
/** Also how long it takes until a cancelled run notices. */
const renewEveryMs = 3_000

/** Somebody else has the work now, or called it off. */
export class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

/** Works while the claim is renewed. @throws ClaimLost when it is somebody else's by now. */
export async function whileClaimed<T>(
  renew: () => Promise<boolean>,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController()
  const check = async () => {
    if (!(await renew())) lost.abort(new ClaimLost('the work is not ours any more'))
  }
  const timer = setInterval(() => {
    check().catch((error: unknown) => {
      lost.abort(error)
    })
  }, renewEveryMs)
  try {
    return await work(AbortSignal.any([stopping, lost.signal]))
  } finally {
    clearInterval(timer)
  }
}
