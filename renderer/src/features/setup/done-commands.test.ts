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

test('containerd is told the lines that test/clients/containerd.test.ts runs', () => {
  const { trust, push } = commandsFor('containerd', registry)
  const folder = '/etc/containerd/certs.d/registry.example.lan:8443'
  expect(trust.split('\n')).toEqual([
    `sudo mkdir -p ${folder}`,
    `curl -k https://registry.example.lan:8443/ca.crt | sudo tee ${folder}/ca.crt`,
    `sudo tee ${folder}/hosts.toml <<'END'`,
    'server = "https://registry.example.lan:8443"',
    '[host."https://registry.example.lan:8443"]',
    `  ca = "${folder}/ca.crt"`,
    'END',
  ])
  const image = 'registry.example.lan:8443/captain/busybox:latest'
  expect(push.split('\n')).toEqual([
    // ctr pushes what an index names, so all of it has to be there.
    'sudo ctr images pull --all-platforms docker.io/library/busybox:latest',
    `sudo ctr images tag docker.io/library/busybox:latest ${image}`,
    `sudo ctr images push --hosts-dir /etc/containerd/certs.d --user captain ${image}`,
  ])
})
