import {
  acknowledgeProblem,
  getApplianceHealth,
  withdrawAcknowledgement,
} from '../../contract/appliance-health.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate } from '../api/wire-date.ts'
import type {
  Acknowledged,
  ApplianceHealthService,
  ReportedCheck,
} from './appliance-health-service.ts'
import { isCheckId } from './health-checks.ts'

export function applianceHealthApi({
  health,
}: {
  health: ApplianceHealthService
}): readonly ApiRoute[] {
  return [
    route(getApplianceHealth, async () => {
      const { at, state, checks } = await health.report()
      return { state, checked_at: wireDate(at), checks: checks.map(presentCheck) }
    }),
    route(acknowledgeProblem, async ({ params, body, user }) =>
      presentAcknowledged(
        await health.acknowledge(
          checkId(params.check_id),
          { note: body.note, until: body.until * 1000 },
          user.username,
        ),
      ),
    ),
    route(withdrawAcknowledgement, async ({ params }) => {
      await health.withdraw(checkId(params.check_id))
      return undefined
    }),
  ]
}

function checkId(text: string) {
  if (!isCheckId(text)) throw new Problem('not-found')
  return text
}

function presentCheck({ since, acknowledged, parameters, ...check }: ReportedCheck) {
  return {
    ...check,
    parameters: { ...parameters },
    since: wireDate(since),
    acknowledged: acknowledged === undefined ? null : presentAcknowledged(acknowledged),
  }
}

export function presentAcknowledged({ note, until, by, at }: Acknowledged) {
  return { note, by, until: wireDate(until), at: wireDate(at) }
}
