import { changeUpstream, testUpstream } from '../../contract/mooring-upstreams.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { presentOutcome } from '../interface/present-outcome.ts'
import { presentCheck } from '../upstreams/present-upstream.ts'
import type { UpstreamSettingsService } from './upstream-settings-service.ts'

/** Upstreams as a whole. */
export function upstreamApi({
  upstreams,
  outcome,
}: {
  upstreams: UpstreamSettingsService
  /** What became of one of many, as the answer shows it. */
  outcome: typeof presentOutcome
}): readonly ApiRoute[] {
  return [
    route(testUpstream, async ({ body, signal }) =>
      presentCheck(await upstreams.test(body.host.toLowerCase(), signal)),
    ),

    route(changeUpstream, async (call) => {
      const { host, save_anyway: anyway = false, ...wish } = call.body
      const by = { anyway, signal: call.signal }
      const { check, saved, outcomes } = await upstreams.change(call, host.toLowerCase(), wish, by)
      return {
        ...{ check: presentCheck(check), saved },
        results: outcomes.map(outcome(call.origin)),
      }
    }),
  ]
}
