import { readdirSync, writeFileSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'

import { createTemporaryFolder } from '../../../../test/support/temporary.ts'
import {
  jobsWithFiles,
  lockName,
  planFile,
  removeJobFiles,
  secretsFile,
  volumeKeysFile,
} from './job-files.ts'

const folder = createTemporaryFolder('job-files')
afterAll(() => folder.remove())

test('everything of a job goes, what a crash left of its lock as well, and nothing of others', async () => {
  const ofJob = [lockName, planFile, secretsFile, volumeKeysFile]
  const files = ofJob.map((nameOf) => nameOf(folder.path, 'one'))
  const others = [lockName, planFile].map((nameOf) => nameOf(folder.path, 'other'))
  for (const file of [...files, `${lockName(folder.path, 'one')}-journal`, ...others]) {
    writeFileSync(file, '')
  }
  expect(await jobsWithFiles(folder.path)).toEqual(new Set(['one', 'other']))
  await removeJobFiles(folder.path, 'one')
  expect(readdirSync(folder.path)).toEqual(['other.lock', 'other.plan.json'])
})

test('a folder that no job has made yet holds nothing', async () => {
  expect(await jobsWithFiles(folder.join('absent'))).toEqual(new Set())
  await removeJobFiles(folder.join('absent'), 'one')
})
