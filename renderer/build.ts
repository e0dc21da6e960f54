import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'

const root = import.meta.dirname
const dist = path.join(root, 'dist')
const stampFile = path.join(dist, '.sources')
const inputs = ['index.html', 'messages', 'package.json', 'paraglide.ts', 'project.inlang', 'src']
const settings = ['build.ts', 'svelte.config.js', 'vite.config.ts', '../package-lock.json']

/**
 * Builds the pages into `renderer/dist`, unless what lies there was built from the same sources.
 * @returns whether it had to build
 */
export async function buildPages(): Promise<boolean> {
  const sources = await digestOfSources()
  const built = await readFile(stampFile, 'utf8').catch(() => '')
  if (built === sources) return false
  await build({ configFile: path.join(root, 'vite.config.ts'), logLevel: 'warn' })
  await compressFiles(dist)
  await writeFile(stampFile, sources)
  return true
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256')
  for (const input of [...inputs, ...settings]) {
    for (const file of await filesUnder(path.join(root, input))) {
      hash
        .update(path.relative(root, file))
        .update('\0')
        .update(await readFile(file))
    }
  }
  return hash.digest('hex')
}

/** Sorted; what the messages compile to is no source. */
async function filesUnder(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { withFileTypes: true, recursive: true }).catch(() => null)
  if (entries === null) return [place]
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/](?:paraglide|cache)[\\/]/.test(file))
    .toSorted()
}

const brotli = promisify(brotliCompress)
const gzipped = promisify(gzip)
const worthCompressing = /\.(?:js|css|html|svg|json|txt)$/

/** Beside each text its `.br` and `.gz`, made once here instead of at each request. */
async function compressFiles(folder: string): Promise<void> {
  for (const file of await filesUnder(folder)) {
    if (!worthCompressing.test(file)) continue
    const content = await readFile(file)
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }
    await writeFile(`${file}.br`, await brotli(content, quality))
    await writeFile(`${file}.gz`, await gzipped(content, { level: 9 }))
  }
}

if (process.argv[1] === import.meta.filename) {
  const isBuilt = await buildPages()
  process.stderr.write(isBuilt ? 'mooring: the pages are built\n' : '')
  // The compiler of the messages would keep the process for half a minute.
  process.exit(0)
}
