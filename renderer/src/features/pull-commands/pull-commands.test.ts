import { describe, expect, it } from 'vitest'
import { bracketHost, contentKind, pullClients, pullSpec } from './pull-commands.ts'

const host = 'registry.example.com:8443'
const digest = `sha256:${'a'.repeat(64)}`
const lines = (target: Parameters<typeof pullClients>[0]) =>
  pullClients(target).flatMap(({ byTag, byDigest }) =>
    [byTag, byDigest].filter((line) => line !== undefined),
  )

describe('the commands that pull', () => {
  it('an image by its tag and by its digest', () => {
    expect(lines({ host, repository: 'site/web/app', tag: '1.0', digest }).slice(0, 4)).toEqual([
      'podman pull registry.example.com:8443/site/web/app:1.0',
      `podman pull registry.example.com:8443/site/web/app@${digest}`,
      'docker pull registry.example.com:8443/site/web/app:1.0',
      `docker pull registry.example.com:8443/site/web/app@${digest}`,
    ])
    expect(pullClients({ host, repository: 'a/b', tag: '1' }).map(({ id }) => id)).toEqual([
      ...['podman', 'docker', 'skopeo', 'nerdctl', 'crictl', 'kubernetes', 'cosign'],
    ])
  })

  it('nothing by a tag where there is only a digest', () => {
    expect(pullClients({ host, repository: 'a/b', digest })[0]).toMatchObject({
      byTag: undefined,
      byDigest: `podman pull ${host}/a/b@${digest}`,
    })
  })

  it('a chart with Helm, in the version that its tag stands for', () => {
    const target = { host, repository: 'charts/db', tag: '1.2.0_build.5', kind: 'chart' } as const
    expect(lines(target)[0]).toBe(`helm pull oci://${host}/charts/db --version 1.2.0+build.5`)
    expect(pullClients({ ...target, tag: undefined, digest })[0]?.id).toBe('oras')
  })

  it('another artifact with ORAS', () => {
    const target = { host, repository: 'a/b', tag: 'v1', kind: 'artifact' } as const
    expect(lines(target)[0]).toBe(`oras pull ${host}/a/b:v1`)
    expect(lines(target)[1]).toBe(`skopeo copy --all docker://${host}/a/b:v1 oci:b`)
  })
})

it.each([
  ['2001:db8::5', '[2001:db8::5]'],
  ['[2001:db8::5]:8443', '[2001:db8::5]:8443'],
  ['registry.example.com:8443', 'registry.example.com:8443'],
])('writes the host %s as %s', (given, written) => {
  expect(bracketHost(given)).toBe(written)
  expect(pullSpec({ host: given, repository: 'a/b' }, 'x')).toBe(`${written}/a/b:x`)
})

it.each([
  ['application/vnd.oci.image.config.v1+json', null, 'image'],
  ['application/vnd.docker.container.image.v1+json', null, 'image'],
  [null, null, 'image'],
  ['application/vnd.oci.image.config.v1+json', 'application/vnd.oci.image.config.v1+json', 'image'],
  ['application/vnd.cncf.helm.config.v1+json', null, 'chart'],
  ['application/vnd.oci.empty.v1+json', 'application/vnd.example.sbom', 'artifact'],
  [null, 'application/vnd.example.list', 'artifact'],
] as const)('takes a config of %s and an artifact of %s for an %s', (config, artifact, kind) => {
  expect(contentKind(config, artifact)).toBe(kind)
})
