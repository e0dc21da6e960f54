import { expect, it } from 'vitest'

import { Secret } from '../../config/secret.ts'
import { systemRandom } from '../../platform/random.ts'
import { createSecretBox } from '../accounts/secret-box.ts'
import { settingsOf, shownUpstream } from './org-mirror-settings.ts'

const boxOf = (key: string) => createSecretBox({ secretKey: new Secret(key), random: systemRandom })
const box = boxOf('1234')
const config = (https_proxy: string) => ({ verify_tls: false, proxy: { https_proxy } })
const stored = (https_proxy: string, before?: { upstream_json: string }) => ({
  upstream_json:
    settingsOf({ external_registry_config: config(https_proxy) }, box, before).upstream_json ?? '',
})
const opened = ({ upstream_json }: { upstream_json: string }) =>
  JSON.parse(box.open(upstream_json)) as unknown

it('the password of a proxy is sealed, and shown to nobody', () => {
  const kept = stored('http://me:secret@proxy')
  expect(kept.upstream_json).not.toContain('secret')
  expect(shownUpstream(kept, box)).toEqual(config('http://me:********@proxy'))
  expect(shownUpstream(kept, boxOf('5678'))).toEqual({})
  // Who sends back what was shown means what is stored.
  expect(opened(stored('http://me:********@proxy', kept))).toEqual(config('http://me:secret@proxy'))
})

it('what an earlier version has stored is read', () => {
  const kept = { upstream_json: JSON.stringify(config('http://me:secret@proxy')) }
  expect(shownUpstream(kept, box)).toEqual(config('http://me:********@proxy'))
  expect(opened(stored('http://me:********@proxy', kept))).toEqual(config('http://me:secret@proxy'))
})
