import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const script = fileURLToPath(new URL('load.lua', import.meta.url))

export interface Load {
  readonly origin: string
  readonly paths: readonly string[]
  readonly connections: number
  readonly seconds: number
  readonly headers: Readonly<Record<string, string>>
  /** Where the list of paths may be written. */
  readonly folder: string
  readonly signal: AbortSignal
}

export interface LoadReport {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Keeps `connections` busy with GET requests for `seconds`. An answer that is no success fails the run. */
export async function wrk(load: Load): Promise<LoadReport> {
  const pathsFile = join(load.folder, 'wrk-paths')
  await writeFile(pathsFile, `${load.paths.join('\n')}\n`)
  const headers = Object.entries(load.headers).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ])
  const duration = `${Math.max(1, Math.round(load.seconds))}s`
  const { stdout } = await run(
    'wrk',
    [
      '-t1',
      `-c${load.connections}`,
      `-d${duration}`,
      '-s',
      script,
      ...headers,
      load.origin,
      '--',
      pathsFile,
    ],
    { signal: load.signal },
  )
  const report = /^report (\{.*\})$/m.exec(stdout)?.[1]
  if (report === undefined) throw new Error(`wrk gave no report:\n${stdout}`)
  const parsed = JSON.parse(report) as LoadReport & { failed: number }
  if (parsed.failed > 0 || parsed.requests === 0) {
    throw new Error(
      `${load.origin}${load.paths[0] ?? ''}: ${parsed.failed} of ${parsed.requests} requests failed`,
    )
  }
  return parsed
}
