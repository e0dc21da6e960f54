import { describe, expect, it } from 'vitest'
import * as formats from './credential-formats.ts'

const robot = { username: 'site+ci', password: 'ABC123', host: 'registry.example.com:8443' }
const auth = btoa('site+ci:ABC123')
const decoded = (text: string) =>
  new TextDecoder().decode(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)))
const scoped = { ...robot, namespace: 'site' }

describe('login commands', () => {
  it('let the password be asked for', () => {
    expect(formats.safeLogin('podman', robot)).toBe(
      "podman login -u='site+ci' --password-stdin registry.example.com:8443",
    )
    expect(formats.safeLogin('helm', robot)).toMatch(/^helm registry login /)
  })

  it('carry it where that is wanted, safe from the shell', () => {
    const odd = { ...robot, username: '$app', password: "it's $HOME" }
    expect(formats.quickLogin('docker', odd)).toBe(
      String.raw`docker login -u='$app' -p='it'\''s $HOME' registry.example.com:8443`,
    )
  })

  it('bracket a bare address', () => {
    const line = formats.safeLogin('docker', { ...robot, host: '2001:db8::5' })
    expect(line).toMatch(/ \[2001:db8::5\]$/)
  })
})

describe('configuration files', () => {
  it('hold the name and the token for the registry or one namespace of it', () => {
    expect(JSON.parse(formats.dockerConfig(robot))).toEqual({
      auths: { 'registry.example.com:8443': { auth, email: '' } },
    })
    expect(JSON.parse(formats.podmanConfig(scoped))).toEqual({
      auths: { 'registry.example.com:8443/site': { auth } },
    })
  })

  it('hold names of any letters', () => {
    const { auths } = JSON.parse(formats.dockerConfig({ ...robot, password: '秘密' })) as {
      auths: Record<string, { auth: string }>
    }
    const written = auths['registry.example.com:8443']?.auth ?? ''
    expect(decoded(written)).toBe('site+ci:秘密')
  })

  it('make a secret that the pod names', () => {
    const secret = formats.kubernetesSecret(scoped)
    expect(secret).toContain('  name: site-ci-pull-secret\n')
    expect(formats.examplePod(scoped)).toContain('    - name: site-ci-pull-secret\n')
    const data = /dockerconfigjson: (\S+)/.exec(secret)?.[1] ?? ''
    expect(decoded(data)).toBe(formats.dockerConfig(scoped))
  })

  it('are used under the name that they are downloaded with', () => {
    expect(formats.createSecret('site+ci')).toContain(formats.secretFile('site+ci'))
    expect(formats.useDockerConfig('$app')).toContain(' app-auth.json ')
    expect(formats.openShiftMerge(robot)).toContain(' site-ci-auth.json ')
    expect(formats.mesosPack('site+ci')).toContain('mv site-ci-auth.json .docker/config.json')
    expect(formats.marathonApplication('site+ci')).toContain('site-ci-credentials.tar.gz')
  })

  it('are written for containerd, k3s, Nomad, rkt, .netrc and the environment', () => {
    expect(formats.containerdHosts(robot)).toContain(`Authorization = "Basic ${auth}"`)
    expect(formats.containerdAuth(robot)).toContain('.configs."registry.example.com:8443".auth]')
    expect(formats.registriesYaml(robot)).toContain('      username: "site+ci"\n')
    expect(formats.nomadTask({ ...robot, password: '${x} %{y} "z"' })).toContain(
      'password = "$${x} %%{y} \\"z\\""',
    )
    expect(JSON.parse(formats.rktConfig(robot))).toMatchObject({
      domains: ['registry.example.com:8443'],
      credentials: { user: 'site+ci', password: 'ABC123' },
    })
    expect(formats.netrc(robot)).toBe(
      'machine registry.example.com\n  login site+ci\n  password ABC123\n',
    )
    expect(formats.netrc({ ...robot, host: '[2001:db8::5]:8443' })).toMatch(
      /^machine 2001:db8::5\n/,
    )
    expect(formats.environment(robot)).toContain("export REGISTRY_PASSWORD='ABC123'\n")
  })
})

it.each([
  ['site+ci', 'site-ci'],
  ['$app', 'app'],
  ['$oauthtoken', 'oauthtoken'],
  ['Team.x+b_1', 'Team-x-b-1'],
])('calls %s in names of files %s', (username, name) => {
  expect(formats.objectName(username)).toBe(name)
  expect(formats.secretName(username)).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
})
