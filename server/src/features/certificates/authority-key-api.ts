import {
  cancelAuthorityRollover,
  exportAuthorityKey,
  finishAuthorityRollover,
  forgetAuthorityPassphrase,
  protectAuthorityKey,
  renewAuthorityCertificate,
  startAuthorityRollover,
  storeAuthorityKey,
  storeAuthorityPassphrase,
  switchAuthority,
  takeAuthorityOffline,
} from '../../contract/certificate-authority.ts'
import { route, type ApiRoute } from '../api/api-call.ts'
import type { AuthorityService } from './authority-service.ts'
import type { AuthorityStore } from './authority-store.ts'
import { answering, whoIs } from './certificate-api.ts'
import { presentCertificate, presentEntry, presentRollover } from './certificate-view.ts'
import type { RolloverService } from './rollover-service.ts'
import type { ServedCertificate } from './served-certificate.ts'

/** The authority's key, its renewal and its successor, for superusers. */
export function authorityKeyApi({
  authority,
  rollovers,
  authorities,
  served,
  renewIfDue,
}: {
  authority: AuthorityService
  rollovers: RolloverService
  authorities: AuthorityStore
  served: ServedCertificate
  /** What a missing key held up is done at once. */
  renewIfDue: () => Promise<unknown>
}): readonly ApiRoute[] {
  const done = (work: () => Promise<void>) =>
    answering(async () => {
      await work()
      return undefined
    })

  return [
    route(exportAuthorityKey, ({ body, user, clientAddress }) =>
      answering(async () => {
        const { confirm, passphrase, new_passphrase: newPassphrase } = body
        const { keyPem, certificatePem } = await authority.exportKey(
          { confirm, passphrase, newPassphrase },
          whoIs(user, clientAddress),
        )
        return { key: keyPem, certificate: certificatePem }
      }),
    ),

    route(takeAuthorityOffline, ({ body, user, clientAddress }) =>
      done(() => authority.removeKey(body, whoIs(user, clientAddress))),
    ),

    route(storeAuthorityKey, ({ body, user, clientAddress }) =>
      done(async () => {
        const { key, passphrase, new_passphrase: newPassphrase } = body
        const wishes = { key, passphrase, newPassphrase }
        await authority.bringBack(wishes, whoIs(user, clientAddress))
        await renewIfDue()
      }),
    ),

    route(protectAuthorityKey, ({ body, user, clientAddress }) =>
      done(async () => {
        const { confirm, passphrase, new_passphrase: newPassphrase } = body
        const wishes = { confirm, passphrase, newPassphrase }
        await authority.protect(wishes, whoIs(user, clientAddress))
        await renewIfDue()
      }),
    ),

    route(storeAuthorityPassphrase, ({ body, user, clientAddress }) =>
      done(async () => {
        await authority.storePassphrase(body.passphrase, whoIs(user, clientAddress))
        await renewIfDue()
      }),
    ),

    route(forgetAuthorityPassphrase, ({ user, clientAddress }) =>
      done(() => authority.forgetPassphrase(whoIs(user, clientAddress))),
    ),

    route(renewAuthorityCertificate, ({ body, user, clientAddress }) =>
      answering(async () => {
        await authority.renew(body, whoIs(user, clientAddress))
        await renewIfDue()
        return presentCertificate((await authorities.require()).certificatePem)
      }),
    ),

    route(startAuthorityRollover, ({ body, user, clientAddress }) =>
      answering(async () => {
        const { common_name: commonName, key_type: keyType, years, passphrase } = body
        const wishes = { commonName, keyType, years, passphrase }
        return presentRollover(await rollovers.start(wishes, whoIs(user, clientAddress)))
      }),
    ),

    route(switchAuthority, ({ body, user, clientAddress }) =>
      answering(async () => {
        const entry = await rollovers.switch(body, whoIs(user, clientAddress))
        await served.refresh()
        return presentEntry(entry, entry.id)
      }),
    ),

    route(finishAuthorityRollover, ({ body, user, clientAddress }) =>
      answering(async () => {
        const entry = await rollovers.finish(body, whoIs(user, clientAddress))
        await served.refresh()
        return presentEntry(entry, entry.id)
      }),
    ),

    route(cancelAuthorityRollover, ({ user, clientAddress }) =>
      done(() => rollovers.cancel(whoIs(user, clientAddress))),
    ),
  ]
}
