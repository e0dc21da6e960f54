import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { digestOf } from './storage-suite.ts'
import { prepareFolders } from './disk-folders.ts'
import { blobPath, uploadPath } from './disk-layout.ts'
import { uploadFiles } from './upload-files.ts'

const memory = new SharedArrayBuffer(4096)
let root: string
let files: ReturnType<typeof uploadFiles>

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'mooring-files-')), 'storage')
  await prepareFolders(root)
  files = uploadFiles(root, memory, 2)
})

afterEach(async () => {
  files.close()
  await rm(join(root, '..'), { recursive: true })
})

function write(id: string, offset: number, bytes: Buffer): void {
  Buffer.from(memory).set(bytes)
  files.write(id, offset, 0, bytes.length)
}

test('follows more uploads than it keeps open', async () => {
  const contents = Array.from({ length: 5 }, () => ({ id: randomUUID(), bytes: randomBytes(2000) }))
  for (const { id } of contents) files.create(id)
  for (const { id, bytes } of contents) write(id, 0, bytes.subarray(0, 900))
  for (const { id, bytes } of contents) write(id, 900, bytes.subarray(900))
  for (const { id, bytes } of contents) {
    await files.commit(id, 'sha256', digestOf(bytes))
    expect((await readFile(blobPath(root, digestOf(bytes)))).equals(bytes)).toBe(true)
  }
})

test('hashes what is in the file when somebody else has written to it', async () => {
  const id = randomUUID()
  files.create(id)
  write(id, 0, Buffer.from('first'))
  await writeFile(uploadPath(root, id), 'first, second')
  expect(files.size(id)).toBe(13)
  expect(await files.commit(id, 'sha256', digestOf(Buffer.from('first, second')))).toBe(13)
})

test('refuses to write anywhere but at the end', () => {
  const id = randomUUID()
  files.create(id)
  write(id, 0, Buffer.from('first'))
  expect(() => {
    write(id, 7, Buffer.from('x'))
  }).toThrow('not where the append expects it')
  expect(files.size(id)).toBe(5)
})

test('hashes the file again after a truncation', async () => {
  const id = randomUUID()
  files.create(id)
  write(id, 0, Buffer.from('first, wrong'))
  files.truncate(id, 5)
  write(id, 5, Buffer.from(', right'))
  expect(await files.commit(id, 'sha256', digestOf(Buffer.from('first, right')))).toBe(12)
})

test('replaces a blob whose file is not as long as its content', async () => {
  const bytes = randomBytes(1000)
  await writeFile(blobPath(root, digestOf(bytes)), bytes.subarray(0, 10))
  const id = randomUUID()
  files.create(id)
  write(id, 0, bytes)
  await files.commit(id, 'sha256', digestOf(bytes))
  expect((await readFile(blobPath(root, digestOf(bytes)))).equals(bytes)).toBe(true)
})

test('keeps files and folders to their owner', async () => {
  const id = randomUUID()
  files.create(id)
  expect((await stat(uploadPath(root, id))).mode & 0o777).toBe(0o600)
  for (const folder of [root, join(root, 'uploads'), join(root, 'sha256', '00')]) {
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
  }
  files.remove(id)
  expect(await readdir(join(root, 'uploads'))).toEqual([])
})
