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
    route(exportAuthorityKey, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const { confirm, passphrase, new_passphrase: newPassphrase } = body
        const { keyPem, certificatePem } = await authority.exportKey(
          { confirm, passphrase, newPassphrase },
          whoIs(principal, clientAddress),
        )
        return { key: keyPem, certificate: certificatePem }
      }),
    ),

    route(takeAuthorityOffline, ({ body, principal, clientAddress }) =>
      done(() => authority.removeKey(body, whoIs(principal, clientAddress))),
    ),

    route(storeAuthorityKey, ({ body, principal, clientAddress }) =>
      done(async () => {
        const { key, passphrase, new_passphrase: newPassphrase } = body
        const wishes = { key, passphrase, newPassphrase }
        await authority.bringBack(wishes, whoIs(principal, clientAddress))
        await renewIfDue()
      }),
    ),

    route(protectAuthorityKey, ({ body, principal, clientAddress }) =>
      done(async () => {
        const { confirm, passphrase, new_passphrase: newPassphrase } = body
        const wishes = { confirm, passphrase, newPassphrase }
        await authority.protect(wishes, whoIs(principal, clientAddress))
        await renewIfDue()
      }),
    ),

    route(storeAuthorityPassphrase, ({ body, principal, clientAddress }) =>
      done(async () => {
        await authority.storePassphrase(body.passphrase, whoIs(principal, clientAddress))
        await renewIfDue()
      }),
    ),

    route(forgetAuthorityPassphrase, ({ principal, clientAddress }) =>
      done(() => authority.forgetPassphrase(whoIs(principal, clientAddress))),
    ),

    route(renewAuthorityCertificate, ({ body, principal, clientAddress }) =>
      answering(async () => {
        await authority.renew(body, whoIs(principal, clientAddress))
        await renewIfDue()
        return presentCertificate((await authorities.require()).certificatePem)
      }),
    ),

    route(startAuthorityRollover, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const { common_name: commonName, key_type: keyType, years, passphrase } = body
        const wishes = { commonName, keyType, years, passphrase }
        return presentRollover(await rollovers.start(wishes, whoIs(principal, clientAddress)))
      }),
    ),

    route(switchAuthority, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const entry = await rollovers.switch(body, whoIs(principal, clientAddress))
        await served.refresh()
        return presentEntry(entry, entry.id)
      }),
    ),

    route(finishAuthorityRollover, ({ body, principal, clientAddress }) =>
      answering(async () => {
        const entry = await rollovers.finish(body, whoIs(principal, clientAddress))
        await served.refresh()
        return presentEntry(entry, entry.id)
      }),
    ),

    route(cancelAuthorityRollover, ({ principal, clientAddress }) =>
      done(() => rollovers.cancel(whoIs(principal, clientAddress))),
    ),
  ]
}
