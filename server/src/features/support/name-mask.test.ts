import { expect, it } from 'vitest'
import { createNameMask } from './name-mask.ts'

const names = { people: ['ada', 'acme', 'ada+ci', 'grace.h'], hosts: ['vault', 'box.example'] }

it.each([
  ['ada pushed acme/web', 'person-1 pushed person-2/web'],
  ['ada+ci and Ada', 'person-1+robot and person-1'],
  ['ada+unknown', 'person-1+robot'],
  ['ADA_TOKEN adamant', 'ADA_TOKEN adamant'],
  ['grace.h@box.example', 'mail-1'],
  ['web@sha256:0011', 'web@sha256:0011'],
  ['https://box.example:8443/v2/', 'https://host-1:8443/v2/'],
  ['mirror.corp.lan, then vault', 'host-1, then host-2'],
  ['config.yaml ssl.key start.ts', 'config.yaml ssl.key start.ts'],
  ['at Server.emit (node:events:1:2)', 'at Server.emit (node:events:1:2)'],
  ['from 10.1.2.3 and ::ffff:10.1.2.3.', 'from address-1 and ::ffff:address-1.'],
  ['[fd00::12]:443 at 12:30:45', '[address-1]:443 at 12:30:45'],
  ['127.0.0.1, ::1 and 0.0.0.0', '127.0.0.1, ::1 and 0.0.0.0'],
  ['/home/grace/data', '/home/person-1/data'],
  ['application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.manifest.v1+json'],
])('%s becomes %s', (text, masked) => {
  expect(createNameMask(names)(text)).toBe(masked)
})

it('gives a name the same stand-in in every text', () => {
  const mask = createNameMask(names)
  expect(mask('acme')).toBe('person-1')
  expect(mask('ada')).toBe('person-2')
  expect(mask('ACME again')).toBe('person-1 again')
})
