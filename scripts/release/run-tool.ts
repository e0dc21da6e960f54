import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** Runs a tool of a build with its output on ours. @throws when it fails. */
export async function runTool(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: ['ignore', 2, 2] })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`)
}
