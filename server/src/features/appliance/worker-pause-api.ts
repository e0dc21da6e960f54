import { pauseWork, resumeWork } from '../../contract/appliance-workers.ts'
import { Problem } from '../../problem.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import { wireDate, wireDateOrNull } from '../api/wire-date.ts'
import { isPausable, type PauseControl, type WorkerPause } from './worker-pause-service.ts'

export function workerPauseApi({
  control,
  refresh,
}: {
  control: PauseControl
  /** This process follows at once. */
  refresh: () => Promise<void>
}): readonly ApiRoute[] {
  return [
    route(pauseWork, async ({ params, body, user, actor }) => {
      const wishes = {
        until: body.until === undefined ? null : body.until * 1000,
        reason: body.reason ?? null,
      }
      const pause = await control.pause(workOf(params.work), wishes, { by: user.username, actor })
      await refresh()
      return presentPause(pause)
    }),
    route(resumeWork, async ({ params, actor }) => {
      await control.resume(workOf(params.work), actor)
      await refresh()
      return undefined
    }),
  ]
}

export function presentPause({ work, by, since, until, reason }: WorkerPause) {
  return { work, by, since: wireDate(since), until: wireDateOrNull(until), reason }
}

function workOf(text: string) {
  if (!isPausable(text)) throw new Problem('not-found')
  return text
}
