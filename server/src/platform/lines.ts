import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Lines of a text that may be larger than memory; a source that breaks makes the loop fail. */
export async function* linesOf(source: Readable): AsyncGenerator<string> {
  const lines = createInterface({ input: source, crlfDelay: Infinity })
  const failures: Error[] = []
  source.once('error', (error) => {
    failures.push(error)
    lines.close()
  })
  for await (const line of lines) if (line !== '') yield line
  for (const failure of failures) throw failure
}

export const linesOfFile = (file: string): AsyncGenerator<string> => linesOf(createReadStream(file))
