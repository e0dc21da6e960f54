import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { tryProgram } from '../../../test/support/cli.ts'
import { createTemporaryFolder } from '../../../test/support/temporary.ts'
import { systemRandom } from '../platform/random.ts'
import { probeDirectory } from './directory-probe.ts'
import { findMount, judgeMount } from './file-systems.ts'
import { linesOf, testContext, verdictOf } from './probe-suite.ts'
import { judgeSpace } from './space-probe.ts'

const folder = createTemporaryFolder('directory', { onDisk: true })
afterAll(() => folder.remove())

const probe = (path: string, context = testContext()) =>
  probeDirectory(
    {
      folder: path,
      random: systemRandom,
      root: '/',
      userId: process.getuid?.() ?? -1,
      marker: '.ours',
    },
    context,
  )
const look = async (path: string) =>
  new Map((await linesOf(probe(path))).map((line) => [line.id, line]))

describe('a folder for content', () => {
  it('that can be made is tried in full and removed again', async () => {
    const lines = await look(folder.join('new/deep'))
    const failed = [...lines.values()].filter(({ state }) => state === 'failed')
    expect(failed).toEqual([])
    expect([...lines.keys()]).toEqual([
      'storage:folder',
      'storage:file-system',
      'storage:space',
      'storage:begin',
      'storage:write',
      'storage:read',
      'storage:rename',
      'storage:case',
      'storage:delete',
    ])
    expect(existsSync(folder.join('new'))).toBe(false)
  })

  it('that is there keeps what is in it', async () => {
    const path = folder.join('used')
    mkdirSync(path, { mode: 0o700 })
    writeFileSync(folder.join('used/holiday.jpg'), 'x')
    const lines = await look(path)
    const first = lines.get('storage:folder')
    expect(first && verdictOf(first)).toBe('warning MOOR-STO-012')
    expect(readdirSync(path)).toEqual(['holiday.jpg'])
    writeFileSync(folder.join('used/.ours'), '')
    const again = (await look(path)).get('storage:folder')
    expect(again && verdictOf(again)).toBe('ok')
    chmodSync(path, 0o755)
    const open = (await look(path)).get('storage:folder')
    expect(open && verdictOf(open)).toMatch(/MOOR-STO-013|ok/)
  })

  it('cannot lie below a file', async () => {
    writeFileSync(folder.join('file'), '')
    const lines = [...(await look(folder.join('file/content'))).values()]
    expect(lines.map(verdictOf)).toEqual(['failed MOOR-STO-001'])
    expect(lines[0]?.finding?.facts['reason']).toBe('a part of the path is a file')
  })

  it('is left as it was when nobody waits any more', async () => {
    const stopping = new AbortController()
    const path = folder.join('stopped')
    for await (const { id } of probe(path, { ...testContext(), signal: stopping.signal })) {
      if (id === 'storage:write') stopping.abort()
    }
    expect(existsSync(path)).toBe(false)
  })
})

const medium = folder.join('medium')
mkdirSync(medium)
const env = { PATH: process.env['PATH'] ?? '' }
const mount = ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'tmpfs', medium]
const canMount = (await tryProgram('mount', mount, { env })).code === 0

describe.runIf(canMount)('a folder in memory', () => {
  afterAll(() => tryProgram('umount', [medium], { env }))

  it('is no place for content, and too small besides', async () => {
    const lines = await look(medium)
    const verdicts = [...lines.values()].map(verdictOf)
    expect(verdicts).toContain('failed MOOR-STO-002')
    expect(verdicts).toContain('failed MOOR-STO-004')
    // Nothing was written where there was no room for it.
    expect(lines.has('storage:write')).toBe(false)
  })
})

describe('file systems', () => {
  const judge = (kind: string, ...options: readonly string[]) =>
    judgeMount({ folder: '/data', kind, options }).state

  it('are good, doubtful or of no use', () => {
    expect(['ext4', 'xfs', 'btrfs', 'zfs', 'nfs4'].map((kind) => judge(kind))).toEqual(
      Array<string>(5).fill('ok'),
    )
    expect(['overlay', 'cifs', '9p'].map((kind) => judge(kind))).toEqual(
      Array<string>(3).fill('warning'),
    )
    expect(judge('nfs', 'rw', 'nolock')).toBe('warning')
    expect(['tmpfs', 'vfat', 'exfat'].map((kind) => judge(kind))).toEqual(
      Array<string>(3).fill('failed'),
    )
  })

  it('are found by the innermost folder, the last mount first', async () => {
    const root = folder.join('root')
    mkdirSync(folder.join('root/proc/self'), { recursive: true })
    writeFileSync(
      folder.join('root/proc/self/mountinfo'),
      `21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:40 / /srv/my\\040data rw - tmpfs tmpfs rw
31 21 0:41 / /srv/my\\040data rw,noexec - xfs /dev/sdb1 rw,attr2
`,
    )
    expect(await findMount('/srv/my data/content', root)).toMatchObject({
      folder: '/srv/my data',
      kind: 'xfs',
      options: expect.arrayContaining(['noexec', 'attr2']) as string[],
    })
    expect((await findMount('/srv/my database', root))?.kind).toBe('ext4')
  })
})

describe('space', () => {
  const gibibyte = 1024 ** 3
  const at = (free: number, files = 0, ffree = 0) => {
    const stats = { bavail: free / 4096, bsize: 4096, blocks: 1e9, files, ffree }
    return verdictOf({ id: '', milliseconds: 0, ...judgeSpace('/data', stats) })
  }

  it('is enough, little or too little, for bytes and for files', () => {
    expect(at(100 * gibibyte)).toBe('ok')
    expect(at(10 * gibibyte)).toBe('warning MOOR-STO-005')
    expect(at(4 * gibibyte)).toBe('failed MOOR-STO-004')
    expect(at(100 * gibibyte, 1e6, 500)).toBe('failed MOOR-STO-006')
    expect(at(100 * gibibyte, 1e6, 50_000)).toBe('warning MOOR-STO-006')
  })
})
