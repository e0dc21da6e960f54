export interface TarEntry {
  readonly name: string
  readonly content: Uint8Array | string
  readonly mode?: number
}

const blockBytes = 512

/** A plain tar archive (ustar) of regular files, the same bytes for the same entries. */
export function createTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, content, mode = 0o644 }) => {
    const body = Buffer.from(content)
    const padding = Buffer.alloc((blockBytes - (body.length % blockBytes)) % blockBytes)
    return [createHeader(name, body.length, mode), body, padding]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)])
}

function createHeader(name: string, sizeBytes: number, mode: number): Buffer {
  const header = Buffer.alloc(blockBytes)
  const octal = (value: number, width: number) => value.toString(8).padStart(width - 1, '0')
  header.write(name, 0, 100)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(sizeBytes, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\x0000', 257, 'latin1')
  const checksum = header.reduce((sum, byte) => sum + byte, 0)
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}
