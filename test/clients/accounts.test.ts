import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createClientHome,
  isDistribution,
  startClientBench,
  type ClientBench,
  type ClientHome,
} from '../support/client-bench.ts'
import { createImage, digestOf } from '../support/content.ts'
import { hasPrograms } from '../support/programs.ts'
import type { TestServer } from '../support/server.ts'
import { writeImageLayout } from '../support/sample-images.ts'

interface Account {
  readonly username: string
  readonly password: string
}

describe.skipIf(isDistribution || !hasPrograms('skopeo', 'podman', 'crane'))('accounts', () => {
  let bench: ClientBench
  let server: TestServer
  const image = createImage({ layers: [[{ name: 'content', content: 'accounts' }]] })

  const homeOf = (account?: Account): ClientHome =>
    createClientHome([{ ...bench.registry, ...account }], { signedIn: account !== undefined })
  const docker = (name: string) => `docker://${bench.image(name)}`
  const pushWith = (home: ClientHome, name: string) =>
    home.attempt('skopeo', [
      'copy',
      writeImageLayout(home.folder.join('image'), image),
      docker(name),
    ])

  async function addRobot(shortName: string): Promise<Account> {
    const printed = await server.mooring(['robot', 'add'], ['--json', 'quay', shortName])
    const { username, token } = JSON.parse(printed) as { username: string; token: string }
    return { username, password: token }
  }

  async function addUser(name: string): Promise<Account> {
    return JSON.parse(await server.mooring(['user', 'add'], ['--json', name])) as Account
  }

  beforeAll(async () => {
    bench = await startClientBench()
    if (bench.server === undefined) throw new Error('these accounts exist only on Mooring')
    server = bench.server
  })
  afterAll(async () => bench[Symbol.asyncDispose]())

  it('let a robot log in, and push and pull where it was granted to', async () => {
    const robot = await addRobot('ci')
    expect(robot.username).toBe('quay+ci')
    await bench.api.pushImage(bench.repository('granted'), 'v1', image)
    const grant = [bench.repository('granted'), robot.username, 'write']
    await server.mooring(['repository', 'grant'], grant)

    await using signedOut = homeOf()
    const login = ['login', '--username', robot.username, '--password-stdin', bench.registry.host]
    const said = await signedOut.run('podman', login, { input: robot.password })
    expect(said).toContain('Login Succeeded')

    await using home = homeOf(robot)
    const pushed = await pushWith(home, 'granted:v2')
    expect(pushed.stderr).toBe('')
    expect(await bench.digestAt('granted', 'v2')).toBe(image.manifest.digest)
    const raw = await home.run('skopeo', ['inspect', '--raw', docker('granted:v2')])
    expect(digestOf(raw)).toBe(image.manifest.digest)
  })

  it('keep a robot out of what it was not granted', async () => {
    const robot = await addRobot('elsewhere')
    await bench.api.pushImage(bench.repository('not-granted'), 'v1', image)
    await using home = homeOf(robot)
    const pull = await home.attempt('skopeo', ['inspect', docker('not-granted:v1')])
    expect(pull.code).not.toBe(0)
    expect(pull.stderr).toMatch(/unauthorized|denied/i)
    const push = await pushWith(home, 'not-granted:v2')
    expect(push.code).not.toBe(0)
    const answer = await bench.api.headManifest(bench.repository('not-granted'), 'v2')
    expect(answer.status).toBe(404)
  })

  it('let a robot with read rights pull but not push', async () => {
    const robot = await addRobot('reader')
    await bench.api.pushImage(bench.repository('readable'), 'v1', image)
    const grant = [bench.repository('readable'), robot.username, 'read']
    await server.mooring(['repository', 'grant'], grant)
    await using home = homeOf(robot)
    const digest = await home.run('crane', ['digest', bench.image('readable:v1')])
    expect(digest.trim()).toBe(image.manifest.digest)
    const push = await pushWith(home, 'readable:v2')
    expect(push.code).not.toBe(0)
    expect(push.stderr).toMatch(/unauthorized|denied/i)
  })

  it('keep users out of each other’s namespaces', async () => {
    const ada = await addUser('ada')
    await using home = homeOf(ada)
    const source = writeImageLayout(home.folder.join('own'), image)
    await home.run('skopeo', ['copy', source, `docker://${bench.registry.host}/ada/own:v1`])
    const push = await pushWith(home, 'foreign:v1')
    expect(push.code).not.toBe(0)
    expect(push.stderr).toMatch(/unauthorized|denied/i)
  })

  it('are not needed to pull from a public repository, only to push to it', async () => {
    await bench.api.pushImage(bench.repository('public'), 'v1', image)
    await using home = homeOf()
    const hidden = await home.attempt('crane', ['digest', bench.image('public:v1')])
    expect(hidden.code).not.toBe(0)

    await server.mooring(['repository', 'set-visibility'], [bench.repository('public'), 'public'])
    const digest = await home.run('crane', ['digest', bench.image('public:v1')])
    expect(digest.trim()).toBe(image.manifest.digest)
    await home.run('skopeo', ['copy', docker('public:v1'), `dir:${home.folder.join('pulled')}`])
    const push = await pushWith(home, 'public:v2')
    expect(push.code).not.toBe(0)
    expect(push.stderr).toMatch(/unauthorized|authentication required|denied/i)

    await server.mooring(['repository', 'set-visibility'], [bench.repository('public'), 'private'])
    const again = await home.attempt('crane', ['digest', bench.image('public:v1')])
    expect(again.code).not.toBe(0)
  })

  it('that do not exist are told the same as wrong passwords', async () => {
    await using stranger = homeOf()
    await addUser('grace')
    const answers = []
    for (const username of ['grace', 'nobody-here']) {
      const login = ['login', '--username', username, '--password-stdin', bench.registry.host]
      const { code, stderr } = await stranger.attempt('podman', login, { input: 'wrong-password' })
      expect(code).not.toBe(0)
      answers.push(stderr)
    }
    expect(answers[0]).toMatch(/invalid username\/password/)
    expect(answers[1]).toBe(answers[0])
  })
})
