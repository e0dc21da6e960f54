import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The openssl of this machine, with a folder for what it reads and writes. */
export async function createOpenssl() {
  const folder = await mkdtemp(join(tmpdir(), 'mooring-certs-'))
  const file = (name: string) => join(folder, name)
  let count = 0

  async function write(content: string | Buffer): Promise<string> {
    const path = file(`given-${++count}`)
    await writeFile(path, content)
    return path
  }

  return {
    file,
    write,
    /** @returns what it printed on standard output */
    async run(...args: readonly string[]): Promise<string> {
      const { stdout } = await run('openssl', args, { cwd: folder })
      return stdout
    },
    /** The errors of `openssl verify` at a time, or `OK`. */
    async verify(
      chain: string,
      { trust, at, options = [] }: { trust: string; at?: number; options?: readonly string[] },
    ): Promise<string> {
      const [trusted, sent] = [await write(trust), await write(chain)]
      const time = at === undefined ? [] : ['-attime', String(Math.floor(at / 1_000))]
      const child = spawn('openssl', [
        ...['verify', '-x509_strict', '-purpose', 'sslserver', '-no-CApath', '-no-CAstore'],
        ...['-CAfile', trusted, '-untrusted', sent, ...time, ...options, sent],
      ])
      const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
      if (child.exitCode === null) await once(child, 'close')
      return child.exitCode === 0 && output.includes(': OK') ? 'OK' : errors
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

export type Openssl = Awaited<ReturnType<typeof createOpenssl>>
