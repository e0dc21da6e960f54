import { getSiteConnection, setSiteConnection } from '../../contract/mooring-upstreams.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { ConnectionControl, SiteConnection } from './connection-service.ts'
import { presentConnection } from './present-upstream.ts'

export function connectionApi({
  connection,
  control,
}: {
  connection: Pick<SiteConnection, 'refresh'>
  control: ConnectionControl
}): readonly ApiRoute[] {
  return [
    route(getSiteConnection, async () => presentConnection(await control.state())),
    route(setSiteConnection, async ({ body, user, actor }) => {
      if (body.connected) await control.connect(actor)
      else await control.disconnect(body.reason ?? null, { by: user.username, actor })
      // This process follows at once.
      await connection.refresh()
      return presentConnection(await control.state())
    }),
  ]
}
