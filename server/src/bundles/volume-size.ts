import type { VolumeSize } from './bundle.ts'
import { BundleFault } from './bundle-fault.ts'

const mebibyte = 2 ** 20
const fat32FileBytes = 2 ** 32 - 1

const disc = (bytes: number): VolumeSize => ({
  bytes,
  clusterBytes: 2048,
  reserveBytes: 4 * mebibyte,
})

/** Recordable bytes of a disc; a file system takes its part of them. */
const discs: Readonly<Record<string, VolumeSize>> = {
  cd700: disc(737_280_000),
  dvd: disc(4_700_372_992),
  'dvd-dl': disc(8_543_666_176),
  bd25: disc(25_025_314_816),
  bd50: disc(50_050_629_632),
  bd100: disc(100_103_356_416),
}

const units: Readonly<Record<string, number>> = {
  '': 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  KI: 2 ** 10,
  MI: 2 ** 20,
  GI: 2 ** 30,
  TI: 2 ** 40,
}

/** `dvd`, `fat32`, `fat32:32G`, `usb:64G`, `700MiB`, or bytes. */
export function parseVolumeSize(text: string): VolumeSize {
  const preset = discs[text.toLowerCase()]
  if (preset !== undefined) return preset
  if (text.toLowerCase() === 'fat32') {
    return { fileBytes: fat32FileBytes, clusterBytes: 32 * 1024, reserveBytes: mebibyte }
  }
  const [, medium = '', amount = ''] = /^(?:(fat32|usb):)?(.*)$/i.exec(text) ?? []
  const bytes = parseAmount(amount)
  if (bytes === undefined) throw new BundleFault('volume-size-invalid', text.slice(0, 100))
  if (medium === '') return { bytes, clusterBytes: 1, reserveBytes: 0 }
  // A stick holds about what it says, less its file system.
  return {
    bytes,
    clusterBytes: 32 * 1024,
    reserveBytes: Math.ceil(bytes / 100),
    ...(medium.toLowerCase() === 'fat32' ? { fileBytes: fat32FileBytes } : {}),
  }
}

function parseAmount(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMGT]i?)?B?$/i.exec(text) ?? []
  const factor = units[unit.toUpperCase()]
  const bytes = Math.floor(Number(digits) * (factor ?? Number.NaN))
  return digits !== '' && Number.isSafeInteger(bytes) && bytes > 0 ? bytes : undefined
}
