import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'

/** For this account alone; a power cut leaves the old content or the new. */
export function writeDurably(file: string, text: string): void {
  const neighbour = `${file}.part`
  try {
    const handle = openSync(neighbour, 'w', 0o600)
    try {
      writeFileSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
    renameSync(neighbour, file)
  } catch (error) {
    rmSync(neighbour, { force: true })
    throw error
  }
}

/** An empty object where there is none. */
export function readJson(file: string): unknown {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
