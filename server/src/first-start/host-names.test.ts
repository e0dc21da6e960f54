import { networkInterfaces } from 'node:os'
import { expect, test } from 'vitest'
import { certificateNames, hasIPv6, hostOf, isOwnAddress, systemNetwork } from './host-names.ts'

const loopback = { address: '127.0.0.1', family: 'IPv4', internal: true } as const
const loopback6 = { address: '::1', family: 'IPv6', internal: true } as const
const ethernet = { address: '192.0.2.7', family: 'IPv4', internal: false } as const
const ethernet6 = { address: '2001:db8::5', family: 'IPv6', internal: false } as const

test('a certificate names the public host, the machine, loopback and each global address', () => {
  const network = { hostname: 'BuildBox', addresses: [loopback, loopback6, ethernet, ethernet6] }
  expect(certificateNames(network, 'registry.example.com:8443')).toEqual([
    'registry.example.com',
    'buildbox',
    'localhost',
    '127.0.0.1',
    '::1',
    '192.0.2.7',
    '2001:db8::5',
  ])
})

test.each([
  ['169.254.10.1', 'IPv4'],
  ['fe80::1', 'IPv6'],
  ['FEBF::1', 'IPv6'],
  ['2001:db8::5%eth0', 'IPv6'],
] as const)('%s is left out, it means something on one cable only', (address, family) => {
  const network = { hostname: 'buildbox', addresses: [{ address, family, internal: false }] }
  expect(certificateNames(network, 'localhost')).toEqual([
    'localhost',
    'buildbox',
    '127.0.0.1',
    '::1',
  ])
})

test('a machine whose name no certificate can carry still gets one', () => {
  const network = { hostname: "Anna's PC", addresses: [loopback] }
  expect(certificateNames(network, 'localhost:8443')).toEqual(['localhost', '127.0.0.1', '::1'])
})

test('each name stands there once', () => {
  const network = { hostname: 'localhost', addresses: [loopback, ethernet, ethernet] }
  expect(certificateNames(network, '192.0.2.7:8443')).toEqual([
    '192.0.2.7',
    'localhost',
    '127.0.0.1',
    '::1',
  ])
})

test.each([
  ['registry.example.com', 'registry.example.com'],
  ['registry.example.com:8443', 'registry.example.com'],
  ['[::1]:8443', '::1'],
  ['[2001:db8::5]', '2001:db8::5'],
])('the host of %s is %s', (given, host) => {
  expect(hostOf(given)).toBe(host)
})

test('loopback alone is enough for IPv6', () => {
  expect(hasIPv6({ addresses: [loopback, loopback6] })).toBe(true)
  expect(hasIPv6({ addresses: [loopback, ethernet] })).toBe(false)
})

test.each([
  ['127.0.1.1', true],
  ['::1', true],
  ['192.0.2.7', true],
  ['192.0.2.8', false],
])('%s is an address of this machine: %s', (address, expected) => {
  expect(isOwnAddress({ addresses: [ethernet] }, address)).toBe(expected)
})

test('the real machine has its interfaces, and knows where localhost is', async () => {
  const network = systemNetwork()
  expect(network.addresses).toHaveLength(Object.values(networkInterfaces()).flat().length)
  expect(['127.0.0.1', '::1']).toContain((await network.resolve('localhost'))[0])
})
