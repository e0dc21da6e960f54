import { describe, expect, it } from 'vitest'
import { parseSourceFile, readSourceFiles } from '../support/source-files.ts'
import { importProblems } from './import-rules.ts'

const sources = readSourceFiles()
const byPath = new Map(sources.map((source) => [source.path, source]))

describe('the source', () => {
  it('imports only what each folder may import', () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(sources.flatMap((source) => importProblems(source, (path) => byPath.get(path)))).toEqual(
      [],
    )
  })
})

describe('the import rules', () => {
  const neighbours = [
    ['server/src/features/tags/tag-name.ts', `import { Problem } from '../../problem.ts'`],
    ['server/src/features/blobs/blob-cache.ts', `import { open } from '../../db/open.ts'`],
    ['server/src/features/blobs/blob-oci.ts', ''],
  ] as const
  const problems = (path: string, text: string) =>
    importProblems(parseSourceFile(path, text), (other) => {
      const neighbour = neighbours.find(([name]) => name === other)
      return neighbour && parseSourceFile(neighbour[0], neighbour[1])
    })

  it.each([
    ['platform imports ours', 'server/src/platform/clock.ts', `import '../problem.ts'`],
    [
      'storage imports the database',
      'server/src/storage/disk.ts',
      `import { a } from '../db/open.ts'`,
    ],
    [
      'http imports a feature',
      'server/src/http/server.ts',
      `import { a } from '../features/tags/tag-service.ts'`,
    ],
    [
      'db imports a store’s code',
      'server/src/db/tables.ts',
      `import { tagStore } from '../features/tags/tag-store.ts'`,
    ],
    [
      'a service imports http',
      'server/src/features/tags/tag-service.ts',
      `import type { A } from '../../http/page.ts'`,
    ],
    [
      'a store imports http',
      'server/src/features/tags/tag-store.ts',
      `export { a } from '../../http/page.ts'`,
    ],
    [
      'a feature imports another’s route',
      'server/src/features/tags/tag-oci.ts',
      `import { a } from '../blobs/blob-oci.ts'`,
    ],
    [
      'a feature imports the wiring',
      'server/src/features/tags/tag-oci.ts',
      `await import('../../wiring.ts')`,
    ],
    ['the contract uses a package', 'server/src/contract/tag.ts', `import { x } from 'express'`],
    [
      'certs reaches into the server',
      'certs/src/certs.ts',
      `import { a } from '../../server/src/problem.ts'`,
    ],
    ['certs uses the server', 'certs/src/certs.ts', `import { a } from '@mooring/server'`],
    [
      'the server reaches into certs by path',
      'server/src/start.ts',
      `import { a } from '../../certs/src/certs.ts'`,
    ],
    [
      'someone imports a script',
      'test/support/server.ts',
      `import { a } from '../../scripts/test.ts'`,
    ],
    [
      'a test reaches into the server',
      'test/integration/tags.test.ts',
      `import { a } from '../../server/src/problem.ts'`,
    ],
    [
      'a type that hides in a type expression',
      'server/src/storage/disk.ts',
      `let a: import('../db/open.ts').Db`,
    ],
    ['a folder without a rule', 'server/src/helpers/a.ts', `import '../problem.ts'`],
    ['the time of day', 'server/src/features/tags/tag-service.ts', `const at = Date.now()`],
    ['a date of now', 'certs/src/certs.ts', `const at = new Date()`],
    ['the environment', 'server/src/http/server.ts', `const port = process.env['PORT']`],
    ['chance', 'server/src/work/loop.ts', `const wait = Math.random() * 100`],
    ['ids', 'server/src/storage/disk.ts', `import { randomUUID } from 'node:crypto'`],
  ])('refuse: %s', (_name, path, text) => {
    expect(problems(path, text)).toHaveLength(1)
  })

  it.each([
    ['server/src/db/tables.ts', `import type { TagTable } from '../features/tags/tag-store.ts'`],
    ['server/src/features/tags/tag-oci.ts', `import { a } from '../../http/page.ts'`],
    ['server/src/features/tags/tag-service.ts', `import { a } from '../blobs/blob-service.ts'`],
    [
      'server/src/features/tags/tag-service.ts',
      `import { a } from '../manifests/manifest-store.ts'`,
    ],
    ['server/src/features/blobs/blob-oci.ts', `import { a } from '../tags/tag-name.ts'`],
    ['server/src/features/tags/tag-oci.ts', `import type { A } from '../blobs/blob-cache.ts'`],
    ['server/src/contract/tag.ts', `import { z } from 'zod'`],
    ['server/src/start.ts', `import { a } from '@mooring/certs'`],
    ['server/src/platform/clock.ts', `export const now = () => Date.now()`],
    [
      'server/src/features/tags/tag-service.ts',
      `const at = new Date(instant).toISOString() // Date.now()`,
    ],
    ['server/src/features/tags/tag-service.test.ts', `import { a } from '../../wiring.ts'`],
    ['test/integration/tags.test.ts', `import { startServer } from '@mooring/server'`],
  ])('accept %s with %s', (path, text) => {
    expect(problems(path, text)).toEqual([])
  })
})
