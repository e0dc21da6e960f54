import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { connect } from 'node:tls'
import { certificatesIn, checkKeyMatches } from '@mooring/certs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { spawnServer } from '../support/child-server.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { until } from '../support/until.ts'
import { createSeededRandom } from './seeded-random.ts'

const kills = 8
const startEvery = 4
const longestMs = 600
const seed = process.env['MOORING_CRASH_SEED'] ?? 'certificates'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

it('serves a certificate that its authority signed, wherever a change was cut off', async () => {
  const random = createSeededRandom(seed)
  const configDir = join(server.dataDir, 'config')
  const changer = join(projectRoot, 'server/src/features/certificates/certificate-changes-suite.ts')
  await server.kill9()
  const seen = new Set<string>()
  for (let kill = 1; kill <= kills; kill++) {
    const child = spawnServer(process.execPath, [changer, configDir], { env: process.env })
    await until('the changes to begin', () => {
      if (child.hasExited()) throw new Error(child.output())
      return child.output().includes('ready') ? true : undefined
    })
    await wait(random.below(longestMs))
    expect(child.hasExited(), child.output()).toBe(false)
    await child.kill9()
    if (kill % startEvery === 0) {
      await server.restart()
      seen.add(await handshake(await readFile(join(configDir, 'ca.crt'), 'utf8')))
      await expectPair('ca.crt', 'ca.key')
      await expectPair('ssl.cert', 'ssl.key')
      await expectTrusted()
      await server.kill9()
    }
  }
  expect(seen.size).toBe(kills / startEvery)

  /** All that was added, what was left of it, or nothing; never a part of a certificate. */
  async function expectTrusted(): Promise<void> {
    const { files } = JSON.parse(await server.mooring(['cert', 'trust', 'list'], ['--json'])) as {
      files: { problem?: string; certificates: unknown[] }[]
    }
    expect(files.length).toBeLessThanOrEqual(1)
    for (const { problem, certificates } of files) {
      expect(problem).toBeUndefined()
      expect(certificates.length).toBeGreaterThan(0)
    }
  }

  async function expectPair(certificate: string, key: string): Promise<void> {
    const read = (name: string) => readFile(join(configDir, name), 'utf8')
    expect(checkKeyMatches(await read(certificate), await read(key))).toBe(true)
  }
}, 60_000)

function handshake(ca: string): Promise<string> {
  const { hostname: host, port } = new URL(server.urls.https)
  return new Promise((resolve, reject) => {
    const options = { host, port: Number(port), ca: [...certificatesIn(ca)] }
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().fingerprint256)
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
