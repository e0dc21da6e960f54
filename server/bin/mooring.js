#!/usr/bin/env node
// The `mooring` command. The program is TypeScript that Node 24 runs as it is; where an older Node
// was found first on the PATH, the Node that the lock file pins takes over.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const dependencies = new URL('../../node_modules/', import.meta.url)
const pinned = fileURLToPath(new URL('.bin/node', dependencies))

if (Number(process.versions.node.split('.')[0]) >= 24) {
  // Halves the time of a cold start. Never in a shared temporary folder: what lies there is run.
  module.enableCompileCache?.(fileURLToPath(new URL('.cache/mooring', dependencies)))
  await import('../src/main.ts')
} else if (existsSync(pinned)) {
  const { status } = spawnSync(pinned, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  process.exit(status ?? 1)
} else {
  console.error(`mooring needs Node 24 or newer; this is ${process.version}`)
  process.exit(1)
}
