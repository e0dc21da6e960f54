import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const source = fileURLToPath(new URL('../src/', import.meta.url))

interface Part {
  readonly entry: string
  readonly file: string
  /** A sandboxed preload script must be one CommonJS file. */
  readonly format: 'es' | 'cjs'
}

const parts: readonly Part[] = [
  { entry: 'main.ts', file: 'main.js', format: 'es' },
  { entry: 'preload.ts', file: 'preload.cjs', format: 'cjs' },
  { entry: 'server-process.ts', file: 'server/server-process.js', format: 'es' },
]

/** Writes the shell's programs, each as one file; only Electron and the server stay outside. */
export async function bundleShell(target: string): Promise<void> {
  for (const { entry, file, format } of parts) {
    await build({
      configFile: false,
      logLevel: 'warn',
      root: source,
      ssr: { noExternal: true },
      build: {
        ssr: true,
        target: 'node24',
        outDir: target,
        emptyOutDir: false,
        minify: false,
        rolldownOptions: {
          input: join(source, entry),
          external: ['electron', '@mooring/server/run'],
          output: { format, entryFileNames: file, codeSplitting: false },
        },
      },
    })
  }
}
