import { expect, test } from 'vitest'

import { isFault } from '../../bundles/bundle-fault.ts'
import { Secret } from '../../config/secret.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import type { Db } from '../../db/tables.ts'
import { systemClock } from '../../platform/clock.ts'
import { systemRandom } from '../../platform/random.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { createSigningKeys } from './signing-key-service.ts'
import { createBundleTrust } from './trust-service.ts'

const secretBox = createSecretBox({ secretKey: new Secret('a key'), random: systemRandom })
const trustOf = (db: Db) =>
  createBundleTrust({
    ...{ db, clock: systemClock },
    signing: createSigningKeys({ db, random: systemRandom, secretBox }),
  })

describeDatabases('the keys whose bundles are taken', (open) => {
  test('are looked at again at the end of an import: one may have been removed', async () => {
    const [here, there] = [trustOf((await open()).db), trustOf((await open()).db)]
    const foreign = (await there.own()).publicKey
    const { keyId } = await here.add('the source', foreign, null)
    const signature = { kind: 'trusted', keyId, comment: '' } as const
    await here.requireStillTrusted(signature)
    await here.remove(keyId)
    await expect(here.requireStillTrusted(signature)).rejects.toSatisfy((error) =>
      isFault(error, 'key-unknown'),
    )
  })

  test('are its own in any case', async () => {
    const trust = trustOf((await open()).db)
    const { keyId } = await trust.own()
    await trust.requireStillTrusted({ kind: 'trusted', keyId, comment: '' })
  })
})
