import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { atExit } from '../support/at-exit.ts'
import { hasPrograms, programPath } from '../support/programs.ts'
import { startTestServer, type TestServer } from '../support/server.ts'
import { startSetup } from '../support/setup-client.ts'
import { createTemporaryFolder } from '../support/temporary.ts'
import { until } from '../support/until.ts'

/** Node cannot listen on sockets of this kind; every Debian has Perl. */
const receiver = `
  use Socket;
  $| = 1;
  socket(S, AF_UNIX, SOCK_DGRAM, 0) and bind(S, sockaddr_un($ARGV[0])) or die;
  while (defined recv(S, $message, 4096, 0)) { print "$message\\n" }`

describe.skipIf(!hasPrograms('perl', 'systemd-notify'))('a server that systemd started', () => {
  const folder = createTemporaryFolder('notify')
  const socket = folder.join('notify')
  const listener = spawn('perl', ['-e', receiver, socket], {
    env: { PATH: programPath },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const forget = atExit(() => listener.kill('SIGKILL'))
  let heard = ''
  listener.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text
  })
  let server: TestServer

  beforeAll(async () => {
    await until('the socket', () => (existsSync(socket) ? true : undefined))
    server = await startTestServer({
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' },
    })
  })
  afterAll(async () => {
    await server.stop()
    listener.kill()
    await once(listener, 'exit')
    forget()
    await folder.remove()
  })

  it('says that it is ready, that it lives and that it stops', async () => {
    await until('the watchdog to be fed twice', () =>
      heard.split('WATCHDOG=1').length > 2 ? true : undefined,
    )
    expect(heard).toMatch(/^READY=1\nSTATUS=Serving https:\/\//)
    expect(heard).not.toContain('STOPPING=1')
    await server.restart()
    expect(heard).toContain('STOPPING=1')
    await until('the second start', () => (heard.split('READY=1').length > 2 ? true : undefined))
  })

  it('is ready, too, when it waits for its setup', async () => {
    const before = heard.length
    const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '900000' }
    const { child } = await startSetup(folder.join('data'), { env })
    const said = await until('the watchdog to be fed', () => {
      const since = heard.slice(before)
      return since.includes('Waiting for setup') && since.includes('WATCHDOG=1') ? since : undefined
    })
    expect(said).toContain('READY=1\nSTATUS=Waiting for setup')
    await child.stop()
  })
})
