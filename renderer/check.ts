import { spawnSync } from 'node:child_process'
import { compile } from '@inlang/paraglide-js'
import { messageFaults } from './messages.ts'
import { paraglide } from './paraglide.ts'

// Types in components and what svelte-check knows of accessibility; every message in every language.
await compile(paraglide)
const faults = await messageFaults()
for (const fault of faults) console.error(`renderer/messages: ${fault}`)
const { status } = spawnSync(
  'svelte-check',
  ['--workspace', import.meta.dirname, '--fail-on-warnings', '--output', 'human'],
  { stdio: 'inherit' },
)
// The compiler of the messages would keep the process for half a minute.
process.exit(faults.length > 0 ? 1 : (status ?? 1))
