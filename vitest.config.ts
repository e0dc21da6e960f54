import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { svelteTesting } from '@testing-library/svelte/vite'
import { defineConfig } from 'vitest/config'
import { findElectron } from '@mooring/electron/find-electron'
import { browserProgram } from './test/support/browser-program.ts'
import { LongestFirst } from './test/support/longest-first.ts'
import { quickFolder } from './test/support/quick-folder.ts'

interface Group {
  readonly name: string
  readonly include: string[]
  /** Groups run one after the other; projects of one group share the workers. */
  readonly order: number
  readonly workers: number
  readonly timeoutMs: number
  /** Files that leave nothing behind share a process and what it has loaded. */
  readonly isolate?: boolean
  /** Killed servers and container clients meet a real disk. */
  readonly usesDisk?: boolean
  /** A browser on a machine that is busy with other tests may miss what shows for a moment. */
  readonly retry?: number
}

// Parts of the pages that need no document.
const pureOfPages =
  'renderer/src/{api,router,features/{pull-commands,credentials,usage-logs,service-logs}}/**/*.test.ts'

const groups: readonly Group[] = [
  {
    name: 'unit',
    include: [
      'server/src/**/*.test.ts',
      'certs/src/**/*.test.ts',
      'electron/src/**/*.test.ts',
      pureOfPages,
      'scripts/**/*.test.ts',
    ],
    order: 0,
    workers: 2,
    timeoutMs: 20_000,
    isolate: false,
  },
  {
    name: 'conformance',
    include: ['test/conformance/**/*.test.ts'],
    order: 0,
    workers: 2,
    timeoutMs: 20_000,
  },
  {
    name: 'integration',
    include: [
      'test/integration/**/*.test.ts',
      'test/support/**/*.test.ts',
      'electron/packaging/**/*.test.ts',
      // The program itself; `npm test` says so where this machine does not have it.
      ...(findElectron(process.env).program === undefined ? [] : ['electron/smoke/**/*.test.ts']),
    ],
    order: 0,
    workers: 2,
    timeoutMs: 60_000,
  },
  // Pages in the system's Chromium; `npm test` says so where there is none.
  ...(browserProgram !== undefined
    ? [
        {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          order: 0,
          workers: 2,
          timeoutMs: 120_000,
          retry: 1,
        },
      ]
    : []),
  // Killing servers wants the machine to itself.
  {
    name: 'crash',
    include: ['test/crash/**/*.test.ts'],
    order: 1,
    workers: 1,
    timeoutMs: 180_000,
    usesDisk: true,
  },
  {
    // A client, its server and the disk take turns to wait, which leaves room for another.
    name: 'clients',
    include: ['test/clients/**/*.test.ts'],
    order: 2,
    workers: 2,
    timeoutMs: 120_000,
    usesDisk: true,
  },
]

const beforeAll = ['container-ports', 'postgres', 'pages'].map((name) => `test/support/${name}.ts`)

export default defineConfig({
  test: {
    // Processes rather than threads: native modules, signals and a test's environment stay apart.
    pool: 'forks',
    passWithNoTests: false,
    sequence: { sequencer: LongestFirst },
    globalSetup: beforeAll.filter((file) => existsSync(file)),
    projects: [
      ...groups.map(
        ({ name, include, order, workers, timeoutMs, retry = 0, usesDisk, isolate = true }) => ({
          test: {
            name,
            include,
            pool: 'forks' as const,
            maxWorkers: workers,
            fileParallelism: workers > 1,
            sequence: { groupOrder: order },
            testTimeout: timeoutMs,
            ...{ retry, isolate },
            env: usesDisk === true ? {} : { TMPDIR: quickFolder(), MOORING_TEST_DISK: tmpdir() },
            hookTimeout: Math.max(timeoutMs, 60_000),
            // As long as whatever else is waited for; the usual second is short on a busy machine.
            expect: { poll: { timeout: 30_000 } },
          },
        }),
      ),
      {
        // Components, in a document that no browser draws.
        plugins: [svelte({ configFile: 'renderer/svelte.config.js' }), svelteTesting()],
        resolve: { conditions: ['browser'] },
        test: {
          name: 'pages',
          include: ['renderer/src/**/*.test.ts'],
          exclude: [pureOfPages],
          environment: 'jsdom',
          setupFiles: ['renderer/src/ui/testing/document.ts'],
          css: false,
          // One document and one copy of the components for all files of a worker: three times as quick.
          isolate: false,
          // Packages that ship components as they were written.
          server: { deps: { inline: ['bits-ui', '@lucide/svelte', 'svelte-toolbelt', 'runed'] } },
          pool: 'forks' as const,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          testTimeout: 20_000,
        },
      },
    ],
  },
})
