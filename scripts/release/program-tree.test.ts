import { describe, expect, it } from 'vitest'
import { productionFolders, type Lock } from './lock-closure.ts'
import { isNeeded, isProductFile } from './program-tree.ts'

const platform = { os: 'linux', cpu: 'x64', libc: 'glibc' }

describe('the program tree', () => {
  it('holds what the workspaces need, each version where its user finds it', () => {
    const lock: Lock = {
      packages: {
        '': {},
        server: { dependencies: { a: '1', '@own/certs': '1' } },
        certs: { dependencies: { b: '1' } },
        'node_modules/@own/certs': { link: true, resolved: 'certs' },
        'node_modules/a': {
          dependencies: { b: '2' },
          optionalDependencies: { arm: '1', x64: '1' },
        },
        'node_modules/a/node_modules/b': {},
        'node_modules/b': { peerDependencies: { peer: '1' } },
        'node_modules/peer': {},
        'node_modules/arm': { cpu: ['arm64'] },
        'node_modules/x64': { os: ['linux'], cpu: ['x64'], libc: ['glibc'] },
        'node_modules/tool': {},
      },
    }
    expect(productionFolders(lock, ['server'], platform)).toEqual([
      'certs',
      'node_modules/@own/certs',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/b',
      'node_modules/peer',
      'node_modules/x64',
      'server',
    ])
  })

  it('is not made when something is missing', () => {
    const lock: Lock = { packages: { server: { dependencies: { gone: '1' } } } }
    expect(() => productionFolders(lock, ['server'], platform)).toThrow('server needs gone')
  })

  it.each([
    ['dist/index.js', true],
    ['LICENSE.md', true],
    ['prebuilds/linux-x64.node', true],
    ['prebuilds/linux-arm64.node', false],
    ['prebuilds/linuxmusl-x64.node', false],
    ['dist/index.d.ts', false],
    ['dist/index.js.map', false],
    ['README.md', false],
    ['deps/sqlite3/sqlite3.c', false],
    ['test/all.js', false],
    ['lib/test/helper.js', true],
    ['node_modules/b/index.js', false],
  ])('of a package, %s: %s', (file, needed) => {
    expect(isNeeded(file, 'x64')).toBe(needed)
  })

  it.each([
    ['server/src/start.ts', true],
    ['server/bin/mooring.js', true],
    ['certs/package.json', true],
    ['server/src/db/migrate.test.ts', false],
    ['server/src/storage/storage-suite.ts', false],
  ])('of ours, %s: %s', (file, needed) => {
    expect(isProductFile(file)).toBe(needed)
  })
})
