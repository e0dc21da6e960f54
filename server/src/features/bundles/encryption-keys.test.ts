import { readFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'

import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import { newIdentity, recipientOf } from '../../bundles/age/age-keys.ts'
import { newStart } from '../../bundles/age/age-header.ts'
import { Secret } from '../../config/secret.ts'
import { describeDatabases } from '../../db/database-suite.ts'
import { systemRandom } from '../../platform/random.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { applianceStateStore } from '../appliance/appliance-state-store.ts'
import { createEncryptionKeys } from './encryption-key-service.ts'
import { volumeKeysFile } from './job-files.ts'
import { createVolumeKeys } from './volume-keys.ts'

const secretBox = createSecretBox({ secretKey: new Secret('a key'), random: systemRandom })

describeDatabases('the identity that opens what is encrypted for a registry', (open) => {
  test('is made once, however many ask for it at first, and stays', async () => {
    const { db } = await open()
    const instances = [1, 2, 3].map(() => createEncryptionKeys({ db, secretBox }))
    const recipients = await Promise.all(instances.map(async (one) => one.recipient()))
    expect(new Set(recipients).size).toBe(1)
    const [identity] = await createEncryptionKeys({ db, secretBox }).identities(undefined)
    expect(identity && (await recipientOf(identity))).toBe(recipients[0])
    expect(JSON.stringify(await applianceStateStore(db).find('bundles/age-identity'))).not.toMatch(
      /AGE-SECRET-KEY/,
    )
  })

  test('stands behind what somebody gave', async () => {
    const { db } = await open()
    const given = await newIdentity()
    const keys = createEncryptionKeys({ db, secretBox })
    const [own] = await keys.identities(undefined)
    expect(await keys.identities(`# a file\n${given}\n`)).toEqual([given, own])
  })
})

const folder = createTemporaryFolder('volume-keys')
afterAll(() => folder.remove())

test('keys of volumes are kept for their job alone, and sealed', async () => {
  const keysOf = createVolumeKeys({ folder: folder.path, secretBox })
  const recipients = [await recipientOf(await newIdentity())]
  const [first, second] = [await newStart(recipients), await newStart(recipients)]
  await keysOf('one').put(1, first)
  await keysOf('one').put(2, second)
  await keysOf('one').put(1, second)
  expect(await keysOf('one').find(1)).toEqual(second)
  expect(await keysOf('one').find(2)).toEqual(second)
  expect(await keysOf('one').find(3)).toBeUndefined()
  expect(await keysOf('other').find(1)).toBeUndefined()
  const kept = readFileSync(volumeKeysFile(folder.path, 'one'), 'utf8')
  expect(kept).not.toContain(second.key.toString('base64'))
})
