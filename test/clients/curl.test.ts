import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClientHome,
  isDistribution,
  startClientBench,
  type ClientBench,
} from '../support/client-bench.ts'
import { createImage } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import type { TestServer } from '../support/server.ts'

/** What a person does by hand, with the commands that the first start prints. */
describe.skipIf(isDistribution || !hasPrograms('curl'))('curl', () => {
  let bench: ClientBench
  let server: TestServer

  beforeAll(async () => {
    bench = await startClientBench()
    if (bench.server === undefined) throw new Error('the authority is served only by Mooring')
    server = bench.server
    await bench.api.pushImage(bench.repository('curl'), 'v1', createImage())
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('fetches the authority over plain HTTP and trusts the server with it', async () => {
    await using home = createClientHome([bench.registry], { trusting: false })
    const port = new URL(server.urls.https).port
    const registry = `https://localhost:${port}/v2/`
    const untrusted = await home.attempt('curl', ['-sS', registry])
    expect(untrusted.code).toBe(60)

    const file = home.folder.join('mooring-ca.crt')
    await home.run('curl', ['-fsSo', file, `${server.urls.http}/ca.crt`])
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(server.caFile, 'utf8'))
    const status = ['-sS', '--output', '/dev/null', '--write-out', '%{http_code}']
    expect(await home.run('curl', [...status, '--cacert', file, registry])).toBe('401')
  })

  it.each([
    ['localhost', 'localhost'],
    ['an address', '127.0.0.1'],
    ['the name of the machine', hostname().toLowerCase()],
  ])('is sent to the token service under the name it used: %s', async (_what, name) => {
    const { port } = new URL(server.urls.https)
    const resolve = ['--resolve', `${name}:${port}:127.0.0.1`]
    const account = ['--user', `${server.username}:${server.password}`]
    const options = ['-sS', '--cacert', server.caFile, ...resolve]
    const head = await bench.run('curl', [...options, '-I', `https://${name}:${port}/v2/`])
    const realm = /realm="([^"]+)"/.exec(head)?.[1] ?? ''
    expect(realm).toBe(`https://${name}:${port}/v2/auth`)
    const service = /service="([^"]+)"/.exec(head)?.[1] ?? ''

    const query = ['-G', '--data-urlencode', `service=${service}`]
    const scope = ['--data-urlencode', `scope=repository:${bench.repository('curl')}:pull`]
    const answer = await bench.run('curl', [...options, ...account, ...query, ...scope, realm])
    const { token } = JSON.parse(answer) as { token: string }
    const bearer = ['-H', `Authorization: Bearer ${token}`]
    const tags = `https://${name}:${port}/v2/${bench.repository('curl')}/tags/list`
    expect(await bench.run('curl', [...options, ...bearer, tags])).toContain('"v1"')
  })
})
