import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

export interface ProgramOptions {
  /** The whole environment of the program; nothing of ours is inherited beside it. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  readonly timeoutMs?: number
}

export interface ProgramResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program without a shell and collects what it prints. A program that hangs is ended. */
export async function tryProgram(
  program: string,
  args: readonly string[],
  { env, cwd, input = '', timeoutMs = 60_000 }: ProgramOptions,
): Promise<ProgramResult> {
  const child = spawn(program, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  // A program that does not read its input closes the pipe; its exit code tells the story.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [stdout, stderr, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ])
  const killed = signal === null ? '' : `\n(ended by ${signal}, allowed were ${timeoutMs} ms)`
  return { code, stdout, stderr: stderr + killed }
}

/** As `tryProgram`, for a run that has to succeed. @returns what it printed to stdout. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const { code, stdout, stderr } = await tryProgram(program, args, options)
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')}\nexit code ${String(code)}\n${stdout}${stderr}`)
  }
  return stdout
}
