import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'

export interface LogFile {
  write(text: string): void
  /** The end of what was written, for a person who wonders. */
  lastLines(count: number): readonly string[]
}

const keptFiles = 5
const fileBytes = 5 * 1024 * 1024
const keptTail = 64 * 1024

/** `server.log` and its four elders `server.1.log` to `server.4.log`, each of at most 5 MiB. */
export function openLogFile(
  folder: string,
  name: string,
  { maximumBytes = fileBytes }: { maximumBytes?: number } = {},
): LogFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = (age: number) => join(folder, age === 0 ? `${name}.log` : `${name}.${age}.log`)
  let size = sizeOf(file(0))
  let tail = size === 0 ? '' : readFileSync(file(0), 'utf8').slice(-keptTail)

  const rotate = () => {
    rmSync(file(keptFiles - 1), { force: true })
    for (let age = keptFiles - 2; age >= 0; age -= 1) {
      if (sizeOf(file(age)) > 0) renameSync(file(age), file(age + 1))
    }
    size = 0
  }

  return {
    write(text) {
      tail = (tail + text).slice(-keptTail)
      try {
        const bytes = Buffer.byteLength(text)
        if (size > 0 && size + bytes > maximumBytes) rotate()
        appendFileSync(file(0), text, { mode: 0o600 })
        size += bytes
      } catch {
        // A full disk must not take the program down that would show it.
      }
    },
    lastLines: (count) => tail.split('\n').filter(Boolean).slice(-count),
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
