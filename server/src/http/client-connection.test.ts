import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientAddressOf, isLoopback, originOf } from './client-connection.ts'

const direct = { externalTls: false, serverHostname: 'registry.example:8443' }
const behindProxy = { ...direct, externalTls: true }

function request(headers: Record<string, string>, socket: object): IncomingMessage {
  return { headers, socket } as unknown as IncomingMessage
}

describe('the origin of links', () => {
  it.each([
    ['any host name', { host: 'box.local:8443' }, true, direct, 'https://box.local:8443'],
    ['plain HTTP', { host: 'localhost:8080' }, false, direct, 'http://localhost:8080'],
    ['an IPv6 literal', { host: '[::1]:8443' }, true, direct, 'https://[::1]:8443'],
    ['TLS in front of us', { host: 'r.example' }, false, behindProxy, 'https://r.example'],
    ['a missing Host', {}, true, direct, 'https://registry.example:8443'],
    ['a Host that breaks out', { host: 'a"b' }, true, direct, 'https://registry.example:8443'],
  ])('%s', (_title, headers: { host?: string }, encrypted, trust, expected) => {
    expect(originOf(headers.host, encrypted, trust)).toBe(expected)
  })
})

describe('the address of a client', () => {
  it.each([
    ['as connected', {}, direct, '10.0.0.9'],
    ['not what a client claims', { 'x-forwarded-for': '1.2.3.4' }, direct, '10.0.0.9'],
    ['what our proxy saw last', { 'x-forwarded-for': '6.6.6.6, 1.2.3.4' }, behindProxy, '1.2.3.4'],
    [
      'as connected when the proxy says nonsense',
      { 'x-forwarded-for': 'x' },
      behindProxy,
      '10.0.0.9',
    ],
  ])('is %s', (_title, headers, trust, expected) => {
    const req = request(headers, { remoteAddress: '::ffff:10.0.0.9' })
    expect(clientAddressOf(req, trust)).toBe(expected)
  })

  it.each([
    ['127.0.0.1', true],
    ['127.8.0.1', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['10.0.0.1', false],
    [undefined, false],
  ])('%s is loopback: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected)
  })
})
