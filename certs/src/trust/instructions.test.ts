import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CertificateError,
  trustClients,
  trustInstructions,
  trustPage,
  trustScript,
  type TrustTarget,
} from '../certs.ts'

const target = {
  host: 'registry.example.com',
  port: 8443,
  httpUrl: 'http://registry.example.com:8080',
  fingerprint: 'AB:CD',
}

function commandsFor(client: string, changed: Partial<TrustTarget> = {}) {
  const found = trustInstructions({ ...target, ...changed }).find((one) => one.client === client)
  return found?.commands.join('\n')
}

test('each client gets the real address', () => {
  expect(trustInstructions(target).map(({ client }) => client)).toEqual([...trustClients])
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
  [{ port: 0 }],
  [{ mirrors: [{ registry: 'docker.io; id', organization: 'hub' }] }],
  [{ mirrors: [{ registry: 'docker.io', organization: "hub' id" }] }],
])('%j never reaches a command', (changed) => {
  expect(() => trustInstructions({ ...target, ...changed })).toThrow(CertificateError)
})

test('without an open address, the CA is fetched over TLS that cannot be verified yet', () => {
  const { httpUrl: _none, ...closed } = target
  expect(trustInstructions(closed)[0]?.commands[0]).toBe(
    'curl -kfsSo mooring-ca.crt https://registry.example.com:8443/ca.crt',
  )
})

test('Docker on Windows gets a folder without a colon', () => {
  expect(commandsFor('docker-windows')).toContain(
    "'C:\\ProgramData\\docker\\certs.d\\registry.example.com8443\\ca.crt'",
  )
})

test('OpenShift gets two dots for the colon, and no command for an IPv6 address', () => {
  expect(commandsFor('openshift')).toContain(
    '--from-file=registry.example.com..8443=mooring-ca.crt',
  )
  expect(commandsFor('openshift', { host: '2001:db8::5' })).toBe('')
})

test('every client can check, and take back what it did', () => {
  for (const { check, undo } of trustInstructions(target)) {
    expect(check.length).toBeGreaterThan(0)
    expect(undo.length).toBeGreaterThan(0)
  }
})

test('the page holds every client', () => {
  const page = trustPage(target)
  for (const { title, commands } of trustInstructions(target)) {
    expect(page).toContain(`## ${title}\n`)
    for (const command of commands) expect(page).toContain(command)
  }
})

describe('run by a shell', () => {
  const mirrors = [{ registry: 'docker.io', organization: 'hub' }]
  const hosts = ['registry.example.com', '10.0.0.5', '2001:db8::5']
  let folder = ''

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mooring-trust-'))
    await writeFile(join(folder, 'mooring-ca.crt'), 'the authority\n')
    await mkdir(join(folder, 'bin'))
    // What root would write into /etc lands in the folder.
    const sudo = `#!/bin/sh
for word; do shift; case $word in /etc/*) word=$ROOT$word ;; esac; set -- "$@" "$word"; done
exec "$@"
`
    await writeFile(join(folder, 'bin/sudo'), sudo, { mode: 0o755 })
    await writeFile(join(folder, 'bin/systemctl'), '#!/bin/sh\n', { mode: 0o755 })
  })
  afterAll(() => rm(folder, { recursive: true }))

  function run(lines: readonly string[] | string) {
    const script = typeof lines === 'string' ? lines : ['set -eu', ...lines].join('\n')
    const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`
    const { status, stderr } = spawnSync('sh', ['-c', script], {
      cwd: folder,
      env: { PATH: path, HOME: join(folder, 'home'), ROOT: folder },
      encoding: 'utf8',
    })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  }

  async function files(): Promise<readonly string[]> {
    const found = await readdir(folder, { recursive: true, withFileTypes: true })
    return found
      .filter((one) => one.isFile() && !one.parentPath.endsWith('/bin'))
      .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
      .sort()
  }

  test.each(hosts)('every script for %s is one that a shell can read', (host) => {
    for (const one of trustInstructions({ ...target, host, mirrors })) {
      if (one.shell !== 'sh') continue
      for (const text of [trustScript(one), ...one.check, ...one.undo]) {
        const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
        expect({ client: one.client, status, stderr }).toEqual({
          client: one.client,
          status: 0,
          stderr: '',
        })
      }
    }
  })

  test.each(
    hosts.flatMap((host) =>
      [
        ['podman', 'etc/containers/certs.d/H/ca.crt'],
        ['podman-rootless', 'home/.config/containers/certs.d/H/ca.crt'],
        ['docker', 'etc/docker/certs.d/H/ca.crt'],
        ['docker-desktop', 'home/.docker/certs.d/H/ca.crt'],
        ['crio', 'etc/containers/certs.d/H/ca.crt'],
        ['containerd', 'etc/containerd/certs.d/H/ca.crt'],
        ['k3s', 'etc/rancher/k3s/mooring-ca.crt'],
        ['rke2', 'etc/rancher/rke2/mooring-ca.crt'],
        ['firefox', 'etc/firefox/policies/mooring-ca.crt'],
      ].map(([client, file]) => ({ host, client, file })),
    ),
  )(
    '$client for $host puts the CA in its place and takes it back',
    async ({ host, client, file }) => {
      const one = trustInstructions({ ...target, host, mirrors }).find((it) => it.client === client)
      const registry = host.includes(':') ? `[${host}]:8443` : `${host}:8443`
      const before = await files()
      run(trustScript(one ?? expect.fail('no such client')))
      const path = join(folder, file?.replace('H', registry) ?? '')
      expect(await readFile(path, 'utf8')).toBe('the authority\n')
      run(one?.undo ?? [])
      expect(await files()).toEqual(before)
    },
  )

  test('containerd and k3s find the mirrored registries', async () => {
    const all = trustInstructions({ ...target, mirrors })
    for (const client of ['containerd', 'k3s']) {
      run(all.find((one) => one.client === client)?.commands ?? [])
    }
    const hosts = await readFile(
      join(folder, 'etc/containerd/certs.d/docker.io/hosts.toml'),
      'utf8',
    )
    expect(hosts).toBe(
      [
        'server = "https://registry-1.docker.io"',
        '',
        '[host."https://registry.example.com:8443/v2/hub"]',
        '  capabilities = ["pull", "resolve"]',
        '  override_path = true',
        '  ca = "/etc/containerd/certs.d/registry.example.com:8443/ca.crt"',
        '',
      ].join('\n'),
    )
    expect(await readFile(join(folder, 'etc/rancher/k3s/registries.yaml'), 'utf8')).toBe(
      [
        'mirrors:',
        '  "docker.io":',
        '    endpoint: ["https://registry.example.com:8443"]',
        '    rewrite: {"^(.*)$": "hub/$1"}',
        'configs:',
        '  "registry.example.com:8443":',
        '    tls:',
        '      ca_file: /etc/rancher/k3s/mooring-ca.crt',
        '',
      ].join('\n'),
    )
  })

  test('what a file held before is kept and comes back', async () => {
    const k3s = trustInstructions(target).find(({ client }) => client === 'k3s')
    const file = join(folder, 'etc/rancher/k3s/registries.yaml')
    await mkdir(join(folder, 'etc/rancher/k3s'), { recursive: true })
    await writeFile(file, 'mine: true\n')
    run(k3s?.commands ?? [])
    expect(await readFile(file, 'utf8')).not.toContain('mine')
    run(k3s?.undo ?? [])
    expect(await readFile(file, 'utf8')).toBe('mine: true\n')
  })

  test('files for machines that are yet to be made carry the certificate', async () => {
    for (const { client, commands } of trustInstructions(target)) {
      if (['talos', 'ignition', 'cloud-init'].includes(client)) run(commands.slice(0, 1))
    }
    expect(await readFile(join(folder, 'mooring-user-data.yaml'), 'utf8')).toBe(
      '#cloud-config\nca_certs:\n  trusted:\n    - |\n      the authority\n',
    )
    expect(await readFile(join(folder, 'mooring-trust.yaml'), 'utf8')).toContain(
      'certificates: |\n  the authority\n',
    )
    expect(await readFile(join(folder, 'mooring.bu'), 'utf8')).toContain(
      'inline: |\n          the authority\n',
    )
  })
})
