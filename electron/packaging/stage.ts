import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildPages } from '@mooring/renderer/build'
import { bundleShell } from './bundle.ts'
import { drawAppIcon, drawTrayIcons, packIcns, packIco } from './icons.ts'
import type { Target } from './production-packages.ts'
import { stageServer } from './server-tree.ts'

export const projectRoot = fileURLToPath(new URL('../../', import.meta.url))

export interface StagedFolders {
  /** What the program consists of. */
  readonly app: string
  /** What packagers need beside it. */
  readonly icons: string
}

/** Writes the whole program, apart from Electron itself, below `target`. */
export async function stageDesktop(target: string, machine: Target): Promise<StagedFolders> {
  const folders = { app: join(target, 'app'), icons: join(target, 'icons') }
  for (const folder of Object.values(folders)) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
  }
  await bundleShell(folders.app)
  await buildPages()
  stageServer(projectRoot, join(folders.app, 'server'), machine)
  writeFileSync(join(folders.app, 'package.json'), manifest())
  mkdirSync(join(folders.app, 'icons'))
  for (const [name, picture] of drawTrayIcons()) {
    writeFileSync(join(folders.app, 'icons', name), picture)
  }
  for (const size of [16, 32, 48, 64, 128, 256, 512]) {
    writeFileSync(join(folders.icons, `${size}x${size}.png`), drawAppIcon(size))
  }
  writeFileSync(join(folders.icons, 'icon.ico'), packIco([16, 32, 48, 256]))
  writeFileSync(join(folders.icons, 'icon.icns'), packIcns())
  return folders
}

function manifest(): string {
  const { version, description, license } = JSON.parse(
    readFileSync(join(projectRoot, 'package.json'), 'utf8'),
  ) as Record<'version' | 'description' | 'license', string>
  const main = { name: 'mooring', productName: 'Mooring', version, description, license }
  const rest = { author: 'Mooring', type: 'module', main: 'main.js' }
  return `${JSON.stringify({ ...main, ...rest }, undefined, 2)}\n`
}
