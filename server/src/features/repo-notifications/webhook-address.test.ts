import { describe, expect, test } from 'vitest'

import { webhookAddresses } from './webhook-address.ts'

const usual = webhookAddresses({ allowedHosts: [], blockedHosts: ['Forbidden.example'] })
const open = webhookAddresses({ allowedHosts: ['127.0.0.1', 'localhost'], blockedHosts: [] })

describe('a webhook', () => {
  test.each([
    'https://hooks.example/a',
    'http://10.1.2.3:8080/',
    'http://192.168.0.7/x?y=z',
    'http://[fd00::7]/',
    'http://gateway/',
  ])('may go to %s', (url) => {
    expect(usual.parse(url)?.href).toBe(new URL(url).href)
  })

  test.each([
    ...[
      '',
      'hooks.example/a',
      'ftp://hooks.example/',
      'file:///etc/passwd',
      'javascript:1',
      7,
      null,
    ],
    ...['http://localhost/', 'http://LOCALHOST./', 'http://a.localhost/', 'http://127.0.0.1/'],
    ...['http://127.1/', 'http://0.0.0.0/', 'http://[::1]/', 'http://[::ffff:127.0.0.1]/'],
    ...['http://169.254.169.254/latest', 'http://forbidden.example/', 'http://FORBIDDEN.example./'],
  ])('may not go to %s', (url) => {
    expect(usual.parse(url)).toBeUndefined()
  })

  test('may go to this machine where the configuration says so', () => {
    expect(open.parse('http://127.0.0.1:1/')).toBeDefined()
    expect(open.parse('http://localhost:1/')).toBeDefined()
    expect(open.parse('http://[::1]:1/')).toBeUndefined()
    expect(open.mayCall('localhost', '::1')).toBe(true)
  })

  test('does not follow a name that leads to this machine', () => {
    expect(usual.mayCall('hooks.example', '127.0.0.1')).toBe(false)
    expect(usual.mayCall('hooks.example', '::1')).toBe(false)
    expect(usual.mayCall('hooks.example', '10.0.0.1')).toBe(true)
    expect(open.mayCall('hooks.example', '127.0.0.1')).toBe(true)
  })
})
