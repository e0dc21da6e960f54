import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface FoundElectron {
  readonly version: string
  /** The folder of the unpacked program; undefined where this machine has none. */
  readonly dist?: string
  readonly program?: string
}

const programs: Readonly<Record<string, string>> = {
  linux: 'electron',
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
}

/**
 * Electron as it lies on this machine: where `ELECTRON_OVERRIDE_DIST_PATH` says, or where its
 * package put it. Nothing is downloaded.
 */
export function findElectron(
  environment: NodeJS.ProcessEnv,
  platform: NodeJS.Platform = process.platform,
): FoundElectron {
  const manifest = createRequire(import.meta.url).resolve('electron/package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  const dist = environment['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(dirname(manifest), 'dist')
  const program = join(dist, programs[platform] ?? 'electron')
  return existsSync(program) ? { version, dist, program } : { version }
}

export const howToGetElectron =
  'the Electron program is not on this machine; run `npx install-electron` where there is internet, ' +
  'or unpack its zip file and name the folder in ELECTRON_OVERRIDE_DIST_PATH'
