import { readFileSync, statSync } from 'node:fs'
import type { Instant } from './clock.ts'

const file = new URL('../../package.json', import.meta.url)

interface Manifest {
  readonly version?: string
  /** Written by whoever builds a release. */
  readonly releasedAt?: string
}

/** Of this program, as its package says. */
export function readVersion(): string {
  return readManifest().version ?? 'unknown'
}

/** When this program was made: what the release says or, of a checkout, when its files were written. */
export function readReleaseTime(): Instant {
  const { releasedAt } = readManifest()
  return releasedAt === undefined ? statSync(file).mtimeMs : Date.parse(releasedAt)
}

function readManifest(): Manifest {
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}
