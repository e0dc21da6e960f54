import { createAuthority, fingerprint } from '@mooring/certs'
import { systemClock } from '../../platform/clock.ts'
import { createLogger } from '../../platform/logger.ts'
import { systemRandom } from '../../platform/random.ts'
import { wireCertificates } from '../../wiring/certificates.ts'

/** Changes the certificates of a folder without end, in every way there is, until it is killed. */
const [, , configDir = ''] = process.argv
const who = { by: 'changer' }
const config = { configDir, serverHostname: 'localhost', certificates: { lifeDays: 397 } }
const parts = { config, clock: systemClock, random: systemRandom, log: createLogger('silent') }
const { served, store, certificates, rollovers, authorities, upstreamTrust } =
  wireCertificates(parts)

await served.open()
// What was under way when the last one of us was killed goes on.
const { rollover } = await store.readState()
if (rollover?.phase === 'distributing') await rollovers.cancel(who)
if (rollover?.phase === 'switched') await finish()
for (const { certificates: left } of await upstreamTrust.list()) await distrust(left)
const upstream = await Promise.all(
  ['One', 'Two'].map((commonName) => createAuthority({ commonName, now: systemClock.now() })),
)
const upstreamPems = upstream.map(({ certificatePem }) => certificatePem)
// By now everything is loaded that the changes need.
await certificates.renew({}, who)
process.stdout.write('ready\n')
for (;;) {
  await certificates.renew({}, who)
  await rollovers.start({}, who)
  await rollovers.switch({}, who)
  await certificates.renew({ keepKey: true }, who)
  await finish()
  await certificates.rollBack(undefined, who)
  await upstreamTrust.add(upstreamPems.join(''), { name: 'site' }, who)
  await distrust(upstreamPems)
}

async function distrust(pems: readonly string[]): Promise<void> {
  for (const pem of pems) await upstreamTrust.remove(fingerprint(pem), who)
}

async function finish(): Promise<void> {
  await rollovers.finish({ confirm: (await authorities.require()).name }, who)
}
