// The entry of `npm run check`: format, types and lint, two tools at a time, each told when it ends.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** With the types of everything at hand it needs more than what Node allows itself. */
const lintMebibytes = '8192'
const eslint = 'node_modules/eslint/bin/eslint.js'

type Command = readonly [program: string, ...args: readonly string[]]

/** One after the other in a row; what the messages compile to is linted as well. */
const rows: readonly (readonly Command[])[] = [
  [
    [process.execPath, 'renderer/check.ts'],
    [process.execPath, `--max-old-space-size=${lintMebibytes}`, eslint, '.'],
  ],
  [
    ['tsc', '--noEmit'],
    ['prettier', '--check', '--log-level', 'warn', '.'],
    ['tsc', '--noEmit', '-p', 'test/e2e'],
  ],
]

const statuses = await Promise.all(rows.map(runRow))
process.exitCode = statuses.every((isFine) => isFine) ? 0 : 1

async function runRow(commands: readonly Command[]): Promise<boolean> {
  let isFine = true
  for (const command of commands) isFine = (await run(command)) && isFine
  return isFine
}

async function run([program, ...args]: Command): Promise<boolean> {
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const pieces: Buffer[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => pieces.push(piece))
  }
  const status = await new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve(code ?? 1)
    })
  })
  process.stdout.write(Buffer.concat(pieces))
  if (status !== 0) console.log(`${[program, ...args].join(' ')} ended with ${String(status)}`)
  return status === 0
}
