import { crc32, deflateSync } from 'node:zlib'

/** Distance from a point to the outline of the sign, negative inside; the picture is 1 by 1. */
type Shape = (x: number, y: number) => number

type Color = readonly [number, number, number]

const circle =
  (cx: number, cy: number, radius: number): Shape =>
  (x, y) =>
    Math.hypot(x - cx, y - cy) - radius

const ring =
  (cx: number, cy: number, radius: number, width: number): Shape =>
  (x, y) =>
    Math.abs(Math.hypot(x - cx, y - cy) - radius) - width / 2

const box =
  (cx: number, cy: number, width: number, height: number, round: number): Shape =>
  (x, y) => {
    const dx = Math.abs(x - cx) - width / 2 + round
    const dy = Math.abs(y - cy) - height / 2 + round
    const outside = Math.hypot(Math.max(dx, 0), Math.max(dy, 0))
    return outside + Math.min(Math.max(dx, dy), 0) - round
  }

const any =
  (...shapes: readonly Shape[]): Shape =>
  (x, y) =>
    Math.min(...shapes.map((shape) => shape(x, y)))

/** A bollard on a quay with a line around it. */
const bollard = any(
  box(0.5, 0.24, 0.5, 0.15, 0.07),
  box(0.5, 0.5, 0.26, 0.5, 0.04),
  box(0.5, 0.8, 0.66, 0.12, 0.05),
  ring(0.5, 0.55, 0.24, 0.07),
)
const plate = box(0.5, 0.5, 0.94, 0.94, 0.2)
const white: Color = [255, 255, 255]
const navy: Color = [22, 66, 110]

/** The program's icon. */
export function drawAppIcon(size: number): Buffer {
  return draw(size, [
    { shape: plate, color: navy },
    {
      shape: (x, y) => bollard((x - 0.5) / 0.72 + 0.5, (y - 0.5) / 0.72 + 0.5) * 0.72,
      color: white,
    },
  ])
}

const dots = {
  running: undefined,
  busy: [38, 132, 255],
  attention: [214, 120, 0],
  stopped: [140, 140, 140],
} as const satisfies Record<string, Color | undefined>

const themes = { template: [0, 0, 0], light: [40, 40, 40], dark: [245, 245, 245] } as const

/** Every picture that the tray may show, by file name. */
export function drawTrayIcons(): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const [state, dot] of Object.entries(dots)) {
    for (const [theme, color] of Object.entries(themes)) {
      const layers: Layer[] = [{ shape: bollard, color }]
      // The system colours a template, so there the state is a hole and not a colour.
      if (dot !== undefined) {
        layers.push({ shape: circle(0.78, 0.78, 0.25), erase: true })
        layers.push({ shape: circle(0.78, 0.78, 0.18), color: theme === 'template' ? color : dot })
      }
      files.set(`tray-${state}-${theme}.png`, draw(22, layers))
      files.set(`tray-${state}-${theme}@2x.png`, draw(44, layers))
    }
  }
  return files
}

interface Layer {
  readonly shape: Shape
  readonly color?: Color
  readonly erase?: boolean
}

function draw(size: number, layers: readonly Layer[]): Buffer {
  const rows = Buffer.alloc(size * (size * 4 + 1))
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const pixel = layers.reduce<Pixel>(
        (below, layer) => cover(below, layer, (x + 0.5) / size, (y + 0.5) / size, size),
        [0, 0, 0, 0],
      )
      pixel.forEach((value, channel) => {
        rows[y * (size * 4 + 1) + 1 + x * 4 + channel] = Math.round(value)
      })
    }
  }
  return encodePng(size, rows)
}

type Pixel = readonly [number, number, number, number]

function cover(
  below: Pixel,
  { shape, color, erase }: Layer,
  x: number,
  y: number,
  size: number,
): Pixel {
  const part = Math.min(1, Math.max(0, 0.5 - shape(x, y) * size))
  const [red, green, blue, alpha] = below
  if (erase === true) return [red, green, blue, alpha * (1 - part)]
  const [r, g, b] = color ?? white
  const above = part * 255
  const total = above + alpha * (1 - part)
  if (total === 0) return below
  const mix = (over: number, under: number) => (over * above + under * alpha * (1 - part)) / total
  return [mix(r, red), mix(g, green), mix(b, blue), total]
}

function encodePng(size: number, rows: Buffer): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  header.set([8, 6, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(rows, { level: 9 })
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}

/** Windows: pictures of several sizes in one file. */
export function packIco(sizes: readonly number[]): Buffer {
  const pictures = sizes.map((size) => ({ size, data: drawAppIcon(size) }))
  const header = Buffer.alloc(6 + 16 * pictures.length)
  header.writeUInt16LE(1, 2)
  header.writeUInt16LE(pictures.length, 4)
  let offset = header.length
  pictures.forEach(({ size, data }, index) => {
    const at = 6 + 16 * index
    header.set([size % 256, size % 256], at)
    header.writeUInt16LE(1, at + 4)
    header.writeUInt16LE(32, at + 6)
    header.writeUInt32LE(data.length, at + 8)
    header.writeUInt32LE(offset, at + 12)
    offset += data.length
  })
  return Buffer.concat([header, ...pictures.map(({ data }) => data)])
}

const icnsTypes = [
  ['ic07', 128],
  ['ic08', 256],
  ['ic09', 512],
] as const

/** macOS: the same. */
export function packIcns(): Buffer {
  const entries = icnsTypes.map(([type, size]) => icnsEntry(type, drawAppIcon(size)))
  return icnsEntry('icns', Buffer.concat(entries))
}

function icnsEntry(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8, type, 'latin1')
  head.writeUInt32BE(data.length + 8, 4)
  return Buffer.concat([head, data])
}
