import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSelection } from './parse-selection.ts'
import { requireSound } from './selection.ts'

const digest = `sha256:${'a'.repeat(64)}`

/** What was found, in a short form. */
const found = (text: string) => {
  const { items } = parseSelection(text)
  return items.map(({ line, host, repository, wanted }) => {
    const name = host === undefined ? repository : `${host}/${repository}`
    if (wanted.kind === 'tag') return `${String(line)} ${name}:${wanted.tag}`
    if (wanted.kind === 'digest') return `${String(line)} ${name}@${wanted.digest.slice(0, 9)}`
    const { patterns, newest, semver } = wanted
    const more = [newest, semver].filter((one) => one !== undefined)
    return [`${String(line)} ${name} ${patterns.join(' ')}`, ...more].join(' ')
  })
}

describe('a list of what to carry', () => {
  it('may be one image a line', () => {
    const text = `# images\nnginx\nquay.io/org/app:v1 # why\n\nhost.example:8443/a/b@${digest}\nquay.io/org/*:v1.* linux/arm64\n`
    expect(parseSelection(text).form).toBe('image-list')
    expect(found(text)).toEqual([
      '2 nginx:latest',
      '3 quay.io/org/app:v1',
      '5 host.example:8443/a/b@sha256:aa',
      '6 quay.io/org/* v1.*',
    ])
    expect(parseSelection(text).items[3]?.platforms).toEqual(['linux/arm64'])
    expect(parseSelection(text).problems).toEqual([])
  })

  it('may be in our own form', () => {
    const text = `
platforms: [linux/amd64]
images:
  - quay.io/org/app:v1
  - image: docker.io/library/nginx:1.27
    platforms: [linux/arm64/v8]
repositories:
  - quay.io/org/all
  - name: quay.io/org/some
    tags: ['v1.*', latest, 1.10]
    newest: 3
    semver: '>=1.2'
`
    const { form, platforms, problems } = parseSelection(text)
    expect({ form, platforms, problems }).toEqual({
      ...{ form: 'mooring', platforms: ['linux/amd64'], problems: [] },
    })
    expect(found(text)).toEqual([
      '4 quay.io/org/app:v1',
      '5 docker.io/library/nginx:1.27',
      '8 quay.io/org/all *',
      '9 quay.io/org/some v1.* latest 1.10 3 >=1.2',
    ])
    expect(found('- a/b:1\n- c/d\n')).toEqual(['1 a/b:1', '2 c/d:latest'])
  })

  it('may be an ImageSetConfiguration of oc-mirror', () => {
    const text = `kind: ImageSetConfiguration
apiVersion: mirror.openshift.io/v1alpha2
mirror:
  platform:
    architectures: [amd64]
    channels: [{name: stable-4.14}]
  operators:
    - catalog: registry.redhat.io/x
  additionalImages:
    - name: registry.redhat.io/ubi8/ubi:latest
`
    const { form, platforms, problems } = parseSelection(text)
    expect({ form, platforms }).toEqual({ form: 'oc-mirror', platforms: ['linux/amd64'] })
    expect(found(text)).toEqual(['10 registry.redhat.io/ubi8/ubi:latest'])
    expect(problems.map(({ line, isIgnorable }) => [line, isIgnorable])).toEqual([
      [6, true],
      [7, true],
    ])
  })

  it('may be manifests of hauler', () => {
    const text = `apiVersion: content.hauler.cattle.io/v1
kind: Images
metadata: {name: images}
spec:
  images:
    - name: ghcr.io/org/app:v1
      platform: linux/amd64
    - name: alpine
---
apiVersion: content.hauler.cattle.io/v1
kind: Charts
spec: {charts: []}
`
    expect(parseSelection(text).form).toBe('hauler')
    expect(found(text)).toEqual(['6 ghcr.io/org/app:v1', '8 alpine:latest'])
    expect(parseSelection(text).problems).toMatchObject([{ line: 10, isIgnorable: true }])
  })

  it('may be what skopeo sync takes', () => {
    const text = `registry.example.com:5000:
  images:
    busybox: []
    redis: ["1.0", "2.0", "${digest}"]
  images-by-tag-regex:
    nginx: ^1\\.13
  images-by-semver:
    alpine: ">= 3.12.0"
  credentials: {username: john, password: "a secret"}
  tls-verify: true
quay.io:
  images:
    coreos/etcd: [latest]
`
    const selection = parseSelection(text)
    expect(selection.form).toBe('skopeo-sync')
    expect(found(text)).toEqual([
      '3 registry.example.com:5000/busybox *',
      '4 registry.example.com:5000/redis@sha256:aa',
      '4 registry.example.com:5000/redis 1.0 2.0',
      '8 registry.example.com:5000/alpine * >= 3.12.0',
      '13 quay.io/coreos/etcd latest',
    ])
    expect(selection.problems.map(({ line, isIgnorable }) => [line, isIgnorable])).toEqual([
      [6, false],
      [9, true],
      [10, true],
    ])
    expect(JSON.stringify(selection)).not.toContain('a secret')
  })

  it('may be manifests of Kubernetes', () => {
    const text = `apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      initContainers:
        - {name: init, image: busybox:1.36}
      containers:
        - image: quay.io/org/app:v1
        - image: quay.io/org/app:v1
---
apiVersion: v1
kind: Pod
spec: {containers: [{image: "quay.io/org/other@${digest}"}]}
`
    expect(parseSelection(text).form).toBe('kubernetes')
    expect(found(text)).toEqual([
      '7 busybox:1.36',
      '9 quay.io/org/app:v1',
      '14 quay.io/org/other@sha256:aa',
    ])
  })

  it('may be values of a Helm chart, or the chart where it names its images', () => {
    const values = `replicaCount: 1
image:
  registry: quay.io
  repository: org/app
  tag: 1.10
sidecar:
  image: docker.io/library/busybox:1.36
  initImage: {repository: org/init, digest: "${digest}"}
metrics:
  image: {repository: quay.io/org/metrics, tag: ""}
`
    expect(parseSelection(values).form).toBe('helm')
    expect(found(values)).toEqual([
      '2 quay.io/org/app:1.10',
      '7 docker.io/library/busybox:1.36',
      '8 org/init@sha256:aa',
    ])
    expect(parseSelection(values).problems).toMatchObject([{ line: 10, isIgnorable: true }])
    const chart = `apiVersion: v2
name: app
version: 1.0.0
annotations:
  artifacthub.io/images: |
    - name: app
      image: quay.io/org/app:v1
`
    expect(found(chart)).toEqual(['5 quay.io/org/app:v1'])
    const silent = parseSelection('apiVersion: v2\nname: app\nversion: 1.0.0\n')
    expect(silent.problems).toMatchObject([{ line: 1, isIgnorable: false }])
  })

  it.each([
    ['quay.io/ORG/app', 1],
    ['ok/a\nquay.io/a b c', 2],
    ['images:\n  - 5', 2],
    ['images:\n  - a/b:v1\nimage: x', 3],
    ['images: x', 1],
    ['repositories:\n  - name: a/b:v1', 2],
    ['repositories:\n  - name: a/b\n    tags: [a b]', 2],
    ['repositories:\n  - name: a/b\n    newest: 0', 2],
    ['platforms: [arm]', 1],
    ['a: [b', 1],
    ['a: b', 1],
    ['images:\n  - &x a/b\n  - *x', 3],
    ['['.repeat(20_000), 1],
  ])('is refused with its line: %.60s', (text, line) => {
    const wrong = parseSelection(text).problems.find(({ isIgnorable }) => !isIgnorable)
    expect(wrong?.line).toBe(line)
    expect(() => requireSound(parseSelection(text), 'list.yaml')).toThrow(
      new RegExp(`MOOR-BND-033.*list.yaml, line ${String(line)}`),
    )
  })

  it('is refused when it is empty', () => {
    for (const text of ['', '\n# nothing\n', 'images: []']) {
      expect(() => requireSound(parseSelection(text))).toThrow(/names no image/)
    }
  })

  it('never fails in another way, whatever it is', () => {
    const piece = fc.constantFrom(
      ...['images:', '\n', '  ', '- ', 'a/b', ':', 'kind: ', 'apiVersion: x', '{', '}', '[', ']'],
      ...['&a ', '*a', '!!binary ', '"', "'", '|', '>', '---', 'image: x', '#', '\t', '? '],
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(piece).map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          parseSelection(text)
        },
      ),
      { numRuns: 500, seed: 11 },
    )
  })
})
