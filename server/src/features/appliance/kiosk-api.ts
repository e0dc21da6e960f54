import { getKiosk, removeKioskPin, setKioskPin, unlockKiosk } from '../../contract/kiosk.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { KioskService } from './kiosk-service.ts'

export function kioskApi({ kiosk }: { kiosk: KioskService }): readonly ApiRoute[] {
  return [
    route(getKiosk, async () => ({ pin_set: await kiosk.isSet() })),
    route(unlockKiosk, async ({ body, clientAddress }) => {
      await kiosk.unlock(body.pin, clientAddress)
      return undefined
    }),
    route(setKioskPin, async ({ body, actor }) => {
      await kiosk.set(body.pin, actor)
      return undefined
    }),
    route(removeKioskPin, async ({ actor }) => {
      await kiosk.remove(actor)
      return undefined
    }),
  ]
}
