import { expect, test } from 'vitest'
import { firstStartBanner, laterStartBanner } from './banner.ts'

const facts = {
  host: 'registry.example.com',
  httpsPort: 8443,
  httpPort: 8080,
  fingerprint: 'AB:CD:EF',
  username: 'quay',
  password: 'correct-horse',
  configFile: '/var/lib/mooring/config/config.yaml',
}

test('a first start says everything that is needed for the first push', () => {
  const lines = firstStartBanner(facts).split('\n')
  expect(lines[0]).toBe('Mooring is ready at https://registry.example.com:8443')
  expect(lines).toContain('  user      quay')
  expect(lines).toContain('  password  correct-horse')
  const inOrder = [
    '  curl -fsSo mooring-ca.crt http://registry.example.com:8080/ca.crt',
    '  openssl x509 -in mooring-ca.crt -noout -fingerprint -sha256',
    '  # must print sha256 Fingerprint=AB:CD:EF',
    '  sudo mkdir -p /etc/containers/certs.d/registry.example.com:8443',
    '  sudo cp mooring-ca.crt /etc/containers/certs.d/registry.example.com:8443/ca.crt',
    '  sudo cp mooring-ca.crt /etc/docker/certs.d/registry.example.com:8443/ca.crt',
    '  sudo update-ca-certificates',
    '  sudo update-ca-trust',
    '  podman login -u quay registry.example.com:8443',
    'Settings: /var/lib/mooring/config/config.yaml',
  ]
  const places = inOrder.map((line) => lines.indexOf(line))
  expect(places).not.toContain(-1)
  expect(places).toEqual(places.toSorted((one, other) => one - other))
})

test('the commands never carry the password', () => {
  expect(firstStartBanner(facts).split('correct-horse')).toHaveLength(2)
})

test('port 443 is left out', () => {
  const text = firstStartBanner({ ...facts, httpsPort: 443, httpPort: 80 })
  expect(text).toContain('ready at https://registry.example.com\n')
  expect(text).toContain('podman login -u quay registry.example.com\n')
})

test('an IPv6 address stands in brackets', () => {
  const text = firstStartBanner({ ...facts, host: '::1' })
  expect(text).toContain('ready at https://[::1]:8443\n')
  expect(text).toContain("podman login -u quay '[::1]:8443'\n")
})

test("an administrator's own certificate needs no words about trust", () => {
  const { fingerprint, ...rest } = facts
  const text = firstStartBanner(rest)
  expect(fingerprint).toBeDefined()
  expect(text).not.toContain('ca.crt')
  expect(text).toContain('podman login')
})

test('a later start is short', () => {
  const text = laterStartBanner({ url: 'https://localhost:8443', configFile: '/c/config.yaml' })
  expect(text).toBe('Mooring is ready at https://localhost:8443\nSettings: /c/config.yaml\n')
})
