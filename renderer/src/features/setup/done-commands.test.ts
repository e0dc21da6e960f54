import { expect, test } from 'vitest'
import { commandsFor, doneClients } from './done-commands.ts'

const registry = { address: 'https://registry.example.lan:8443', username: 'captain' }

test('every client is told where the authority belongs, by the name that images carry', () => {
  const folders = doneClients.map((client) => commandsFor(client, registry).trust)
  expect(folders[0]).toContain('/etc/containers/certs.d/registry.example.lan:8443/ca.crt')
  expect(folders[1]).toContain('/etc/docker/certs.d/registry.example.lan:8443/ca.crt')
  expect(folders[2]).toContain('[host."https://registry.example.lan:8443"]')
  expect(folders[3]).toContain('"registry.example.lan:8443":')
  expect(folders[4]).toBe(folders[0])
})

test('an address of IPv6 stays in its brackets', () => {
  const { signIn } = commandsFor('docker', { ...registry, address: 'https://[2001:db8::5]' })
  expect(signIn).toBe('docker login --username captain [2001:db8::5]')
})

test('a first push goes where its account may push, else to an organization', () => {
  expect(commandsFor('skopeo', registry).push).toContain(':8443/captain/busybox:latest')
  expect(commandsFor('skopeo', { ...registry, username: '' }).push).toContain('/team/busybox')
})
