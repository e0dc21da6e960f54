import { once } from 'node:events'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import { createAuthority, issueServerCertificate } from '@mooring/certs'
import { afterEach, beforeAll, expect, it } from 'vitest'
import { closeListener, listen, swapTls, type Listener } from './listen.ts'

const now = Date.now()
const addresses = ['127.0.0.1', '127.0.0.2']
const address = { host: '127.0.0.1', moreHosts: ['127.0.0.2'], family: 'dual-stack' as const }
const plan = {
  ...{ title: 'HTTPS', setBy: '--port', address },
  handler: (_req: unknown, res: { end: (text: string) => void }) => {
    res.end('here')
  },
}
let pairs: { cert: string; key: string }[]
let open: Listener[] = []

beforeAll(async () => {
  const authority = await createAuthority({ commonName: 'Test', years: 1, now })
  const issue = async () => {
    const pair = await issueServerCertificate({ authority, names: addresses, now })
    return { cert: pair.certificatePem, key: pair.keyPem }
  }
  pairs = [await issue(), await issue()]
})
afterEach(async () => {
  await Promise.all(open.map((one) => closeListener(one, 1_000)))
  open = []
})

const material = (index: number) => ({
  ...{ cert: '', key: '', ...pairs[index] },
  minVersion: 'TLSv1.2' as const,
  ALPNProtocols: ['http/1.1'],
})
const portOf = ({ url }: Listener) => Number(new URL(url).port)

async function shownAt(host: string, port: number): Promise<string> {
  const socket = connect({ host, port, rejectUnauthorized: false })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  const ended = once(socket, 'close')
  socket.end()
  await ended
  return fingerprint256
}

it('serves each of several addresses, and no other', async () => {
  const listener = await listen({ ...plan, port: 0 })
  open.push(listener)
  for (const host of addresses) {
    const answer = await fetch(`http://${host}:${portOf(listener)}/`)
    expect(await answer.text()).toBe('here')
  }
  await expect(fetch(`http://127.0.0.3:${portOf(listener)}/`)).rejects.toThrow()
})

it('shows another certificate on all of them at once', async () => {
  const listener = await listen({ ...plan, port: 0, tls: material(0) })
  open.push(listener)
  const seen = () => Promise.all(addresses.map((host) => shownAt(host, portOf(listener))))
  const [first, other] = await seen()
  expect(other).toBe(first)
  swapTls(listener, material(1))
  const [next, last] = await seen()
  expect(next).not.toBe(first)
  expect(last).toBe(next)
})

it('opens none of them when one cannot be had', async () => {
  const squatter = createServer().listen(0, '127.0.0.2')
  await once(squatter, 'listening')
  const bound = squatter.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  await expect(listen({ ...plan, port })).rejects.toThrow(/127\.0\.0\.2 port \d+: another program/)
  squatter.close()
  await once(squatter, 'close')
  open.push(await listen({ ...plan, port }))
})

it('lets a request on any of them end before it closes', async () => {
  let answerNow = (): void => undefined
  const asked = new Promise<void>((resolve) => {
    void listen({
      ...plan,
      port: 0,
      handler: (_req, res) => {
        answerNow = () => res.end('late')
        resolve()
      },
    }).then((listener) => {
      open.push(listener)
      answers = fetch(`http://127.0.0.2:${portOf(listener)}/`).then((one) => one.text())
    })
  })
  let answers: Promise<string> | undefined
  await asked
  const closing = Promise.all(open.map((one) => closeListener(one, 5_000)))
  answerNow()
  expect(await answers).toBe('late')
  await closing
  open = []
})
