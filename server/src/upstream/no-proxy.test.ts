import { expect, it } from 'vitest'
import { goesAround } from './no-proxy.ts'

it.each([
  ['https://registry.example.com', 'example.com', true],
  ['https://example.com', 'example.com', true],
  ['https://badexample.com', 'example.com', false],
  ['https://registry.example.com', '.example.com', true],
  ['https://registry.example.com', '*.example.com', true],
  ['https://example.com', '.example.com', false],
  ['https://Registry.Example.com.', 'other, REGISTRY.example.com', true],
  ['https://registry.example.com', 'registry.example.com:443', true],
  ['https://registry.example.com:5000', 'registry.example.com:443', false],
  ['http://registry.example.com', 'registry.example.com:80', true],
  ['https://10.1.2.3', '10.0.0.0/8', true],
  ['https://11.1.2.3', '10.0.0.0/8', false],
  ['https://10.1.2.3', '10.0.0.0/99', false],
  ['https://10.1.2.3:5000', '10.1.2.3', true],
  ['https://110.1.2.3', '10.1.2.3', false],
  ['https://[fd00::7]:5000', 'fd00::/8', true],
  ['https://[fd00::7]:5000', '[fd00::7]:5000', true],
  ['https://[fd00::7]', 'fd00::7', true],
  ['https://anything.example', '*', true],
  ['https://registry.example.com', '', false],
  ['https://registry.example.com', ' , ', false],
])('%s and %j: %s', (url, list, expected) => {
  expect(goesAround(new URL(url), list)).toBe(expected)
})
