import path from 'node:path'
import type { CompilerOptions } from '@inlang/paraglide-js'

/** How the messages are compiled, for the build, for checks and for tests. */
export const paraglide: CompilerOptions = {
  project: path.join(import.meta.dirname, 'project.inlang'),
  outdir: path.join(import.meta.dirname, 'src/paraglide'),
  outputStructure: 'message-modules',
  strategy: ['globalVariable', 'baseLocale'],
  emitTsDeclarations: true,
  emitReadme: false,
  // Another build may be reading it.
  cleanOutdir: false,
}
