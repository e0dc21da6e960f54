import { describe, expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { clientConfiguration } from './client-configuration.ts'
import { mapName, parseNameRules } from './name-mapping.ts'

describe('name rules', () => {
  it.each([
    ['quay.io/(.*)=mirror/$1', 'quay.io/org/app', 'mirror/org/app'],
    ['quay.io/(.*)=mirror/$1', 'ghcr.io/org/app', undefined],
    ['quay.io/(.*)=mirror/$1', 'quay.iox/org', undefined],
    ['quay\\.io/([^/]+)/(.*)=$2/$1', 'quay.io/a/b/c', 'b/c/a'],
    ['(.*)/([^/]+)=flat/$2', 'host.example:8443/a/b/c', 'flat/c'],
    ['[::1]:5000/(.+)=$1', '[::1]:5000/org/app', 'org/app'],
    ['.*/([^/]*)=x/$1', 'a/b/c', 'x/c'],
    ['quay.io/org/app=one/app', 'quay.io/org/app', 'one/app'],
    ['quay.io/(.+)=x/$1', 'quay.io/', undefined],
  ])('%s makes of %s: %s', (rule, name, mapped) => {
    expect(mapName(parseNameRules([rule]), name)).toBe(mapped)
  })

  it('are asked in their order', () => {
    const rules = parseNameRules(['quay.io/a/(.*)=first/$1', 'quay.io/(.*)=second/$1'])
    expect(mapName(rules, 'quay.io/a/b')).toBe('first/b')
    expect(mapName(rules, 'quay.io/b/b')).toBe('second/b/b')
  })

  it.each([
    '',
    '=x',
    'quay.io',
    'quay.io/(.*=x',
    'quay.io/(a|b)=x',
    'a{2}=x',
    'a/(.*)=x/$2',
    'a/(.*)=X',
    'a=',
    `${'a'.repeat(600)}=b`,
    `${'(.*)'.repeat(10)}=b`,
  ])('are refused when they are more than that: %.40s', (rule) => {
    expect(() => parseNameRules([rule])).toThrow(/MOOR-BND-034/)
  })

  it('cannot keep the server busy', () => {
    const rules = parseNameRules([`${'(.*)a'.repeat(9)}b=x/$1`])
    const name = 'a'.repeat(512)
    const since = performance.now()
    expect(mapName(rules, name)).toBeUndefined()
    expect(performance.now() - since).toBeLessThan(2000)
    expect(mapName(rules, 'a'.repeat(10_000))).toBeUndefined()
  })
})

describe('configuration of clients', () => {
  const { files, left } = clientConfiguration({
    registry: 'registry.site:8443',
    rules: parseNameRules(['quay.io/(.*)=mirror/$1', 'ghcr.io/org/(.*)=$1', '(.*)/x=y/$1']),
    hosts: ['quay.io', 'docker.io'],
    caFile: '/etc/mooring/ca.crt',
  })
  const textOf = (client: string) =>
    files.filter((file) => file.client === client).map(({ text }) => text)

  it('names the rules that clients cannot be told', () => {
    expect(left).toEqual(['(.*)/x=y/$1'])
  })

  it('tells podman where each name is now', () => {
    expect(textOf('podman')).toEqual([
      `[[registry]]
prefix = "quay.io"
location = "quay.io"

[[registry.mirror]]
location = "registry.site:8443/mirror"

[[registry]]
prefix = "ghcr.io/org"
location = "ghcr.io/org"

[[registry.mirror]]
location = "registry.site:8443"

[[registry]]
prefix = "docker.io"
location = "docker.io"

[[registry.mirror]]
location = "registry.site:8443"
`,
    ])
  })

  it('tells containerd of whole hosts', () => {
    expect(files.filter(({ client }) => client === 'containerd').map(({ path }) => path)).toEqual([
      '/etc/containerd/certs.d/quay.io/hosts.toml',
      '/etc/containerd/certs.d/docker.io/hosts.toml',
    ])
    expect(textOf('containerd')[0]).toBe(`server = "https://quay.io"

[host."https://registry.site:8443/v2/mirror"]
  capabilities = ["pull", "resolve"]
  override_path = true
  ca = "/etc/mooring/ca.crt"
`)
  })

  it('tells k3s how names are rewritten', () => {
    expect(parse(textOf('k3s')[0] ?? '')).toEqual({
      mirrors: {
        'quay.io': { endpoint: ['https://registry.site:8443'], rewrite: { '^(.*)$': 'mirror/$1' } },
        'ghcr.io': { endpoint: ['https://registry.site:8443'], rewrite: { '^org/(.*)$': '$1' } },
        'docker.io': { endpoint: ['https://registry.site:8443'], rewrite: { '^(.*)$': '$1' } },
      },
      configs: { 'registry.site:8443': { tls: { ca_file: '/etc/mooring/ca.crt' } } },
    })
  })

  it('tells OpenShift for digests and for tags', () => {
    const documents = parseAllDocuments(textOf('openshift')[0] ?? '') as unknown as {
      toJS(): { kind: string; spec: Record<string, { source: string; mirrors: string[] }[]> }
    }[]
    const [digests, tags] = documents.map((document) => document.toJS())
    expect(digests?.kind).toBe('ImageDigestMirrorSet')
    expect(tags?.kind).toBe('ImageTagMirrorSet')
    expect(digests?.spec['imageDigestMirrors']?.[0]).toMatchObject({
      ...{ source: 'quay.io', mirrors: ['registry.site:8443/mirror'] },
    })
    expect(tags?.spec['imageTagMirrors']).toEqual(digests?.spec['imageDigestMirrors'])
  })
})
