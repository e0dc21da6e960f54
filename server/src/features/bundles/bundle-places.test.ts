import { mkdir, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { isProblem } from '../../problem.ts'
import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import { createBundlePlaces } from './bundle-places.ts'

const folder = createTemporaryFolder('bundle-places')
const root = folder.join('bundles')
const places = createBundlePlaces({ roots: [root] })
const refused: unknown = expect.toSatisfy((error: unknown) => isProblem(error, 'rule-violated'))

beforeAll(async () => {
  await mkdir(path.join(root, 'one'), { recursive: true })
  await mkdir(folder.join('elsewhere'))
  await writeFile(path.join(root, 'one/oci-layout'), '{}')
  await symlink(folder.join('elsewhere'), path.join(root, 'out'))
})
afterAll(() => folder.remove())

test('a folder below a place is taken, by its whole path or by its name', async () => {
  expect(await places.resolve(path.join(root, 'one'))).toBe(path.join(root, 'one'))
  expect(await places.resolve('one')).toBe(path.join(root, 'one'))
  expect(await places.resolve('new/one')).toBe(path.join(root, 'new/one'))
})

test.each(['/etc', '../elsewhere', 'one/../../elsewhere', 'out', 'out/deep', 'a\0b', `${root}x`])(
  'the path %s leads out and is refused',
  async (given) => {
    await expect(places.resolve(given)).rejects.toEqual(refused)
  },
)

test('a whole place is no target', async () => {
  await expect(places.resolveTarget(root)).rejects.toEqual(refused)
})

test('bundles of a place are listed, and a place that is not there says so', async () => {
  const both = createBundlePlaces({ roots: [root, folder.join('drive')] })
  expect(await both.list()).toEqual([
    {
      path: root,
      exists: true,
      freeBytes: expect.any(Number) as number,
      bundles: [path.join(root, 'one')],
    },
    { path: folder.join('drive'), exists: false, freeBytes: null, bundles: [] },
  ])
})
