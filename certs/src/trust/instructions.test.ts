import { expect, test } from 'vitest'
import { CertificateError, trustInstructions } from '../certs.ts'

const target = {
  host: 'registry.example.com',
  port: 8443,
  httpUrl: 'http://registry.example.com:8080',
  fingerprint: 'AB:CD',
}

function commandsFor(client: string, changed: Partial<typeof target> = {}) {
  const found = trustInstructions({ ...target, ...changed }).find((one) => one.client === client)
  return found?.commands.join('\n')
}

test('each client gets the real address', () => {
  expect(trustInstructions(target).map(({ client }) => client)).toEqual([
    'fetch',
    'podman',
    'docker',
    'debian',
    'rhel',
    'containerd',
  ])
  expect(commandsFor('fetch')).toContain(
    'curl -fsSo mooring-ca.crt http://registry.example.com:8080/ca.crt',
  )
  expect(commandsFor('podman')).toBe(
    'sudo mkdir -p /etc/containers/certs.d/registry.example.com:8443\n' +
      'sudo cp mooring-ca.crt /etc/containers/certs.d/registry.example.com:8443/ca.crt',
  )
  expect(commandsFor('docker')).toContain('/etc/docker/certs.d/registry.example.com:8443/ca.crt')
  expect(commandsFor('containerd')).toContain('server = "https://registry.example.com:8443"')
})

test('the fingerprint to compare with is shown', () => {
  expect(trustInstructions(target)[0]?.note).toContain('AB:CD')
})

test('port 443 is left out, as the clients do', () => {
  expect(commandsFor('podman', { port: 443 })).toContain('/certs.d/registry.example.com/ca.crt')
})

test('an IPv6 address stands in brackets, quoted for the shell', () => {
  const changed = { host: '::1', httpUrl: 'http://[::1]:8080' }
  expect(commandsFor('podman', changed)).toContain(
    "cp mooring-ca.crt '/etc/containers/certs.d/[::1]:8443/ca.crt'",
  )
  expect(commandsFor('fetch', changed)).toContain("'http://[::1]:8080/ca.crt'")
})

test.each([
  [{ host: 'a; rm -rf ~' }],
  [{ host: '$(id)' }],
  [{ httpUrl: 'file:///etc/passwd' }],
  [{ fingerprint: "AB'; id" }],
])('%j never reaches a command', (changed) => {
  expect(() => trustInstructions({ ...target, ...changed })).toThrow(CertificateError)
})
