import { fork } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { extractAll, listPackage } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { build } from 'electron-builder'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { bridgeFunctions } from '../src/bridge-contract.ts'
import { FromServer } from '../src/server-messages.ts'
import { builderConfig } from './builder-config.ts'
import { drawAppIcon, packIcns, packIco } from './icons.ts'
import { projectRoot, stageDesktop, type StagedFolders } from './stage.ts'

/** What the packager expects of Electron, with a fuse wire as every release has it. */
function writeHollowElectron(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const wire = Buffer.concat([
    Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX', 'latin1'),
    Buffer.from([1, 9]),
    Buffer.from('100110010', 'latin1'),
  ])
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.alloc(64), wire]), { mode: 0o755 })
  for (const file of ['version', 'LICENSE', 'LICENSES.chromium.html']) {
    writeFileSync(join(folder, file), '45.4.1')
  }
}

describe('the packed program', () => {
  const folder = createTemporaryFolder('desktop')
  let staged: StagedFolders
  const unpacked = folder.join('packages/linux-unpacked')

  beforeAll(async () => {
    staged = await stageDesktop(folder.path, { platform: process.platform, arch: process.arch })
    writeHollowElectron(folder.join('electron'))
    await build({
      projectDir: join(projectRoot, 'electron'),
      config: builderConfig(staged, folder.join('packages'), {
        version: '45.4.1',
        dist: folder.join('electron'),
      }),
      linux: ['dir'],
      publish: 'never',
    })
  }, 240_000)

  afterAll(() => folder.remove())

  it('holds everything that was staged, and unpacks native code only', () => {
    const files = readdirSync(staged.app, { recursive: true, encoding: 'utf8' })
      .filter((file) => statSync(join(staged.app, file)).isFile())
      .map((file) => `/${file}`)
      .sort()
    const packed = listPackage(join(unpacked, 'resources/app.asar'), { isPack: false })
    expect(files.filter((file) => !packed.includes(file))).toEqual([])
    const outside = readdirSync(join(unpacked, 'resources/app.asar.unpacked'), {
      recursive: true,
      encoding: 'utf8',
    }).filter((file) => /\.[a-z]+$/.test(file))
    expect(outside.length).toBeGreaterThan(0)
    expect(outside.every((file) => file.endsWith('.node'))).toBe(true)
  })

  it('has every fuse as the policy says', async () => {
    const wire = await getCurrentFuseWire(join(unpacked, 'mooring-desktop'))
    const isOn = (fuse: FuseV1Options) => wire[fuse] === FuseState.ENABLE
    expect(isOn(FuseV1Options.RunAsNode)).toBe(false)
    expect(isOn(FuseV1Options.EnableNodeOptionsEnvironmentVariable)).toBe(false)
    expect(isOn(FuseV1Options.EnableNodeCliInspectArguments)).toBe(false)
    expect(isOn(FuseV1Options.GrantFileProtocolExtraPrivileges)).toBe(false)
    expect(isOn(FuseV1Options.EnableCookieEncryption)).toBe(true)
    expect(isOn(FuseV1Options.EnableEmbeddedAsarIntegrityValidation)).toBe(true)
    expect(isOn(FuseV1Options.OnlyLoadAppFromAsar)).toBe(true)
  })

  it('contains a server that plain Node starts and ends', async () => {
    extractAll(join(unpacked, 'resources/app.asar'), folder.join('out'))
    const child = fork(folder.join('out/server/server-process.js'), [], {
      cwd: folder.path,
      env: {
        PATH: process.env['PATH'],
        MOORING_DATA_DIR: folder.join('data'),
        MOORING_HTTPS_PORT: '0',
        MOORING_HTTP_PORT: '0',
        MOORING_METRICS_PORT: '0',
        MOORING_LISTEN_HOST: '127.0.0.1',
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    const told: FromServer[] = []
    const code = await new Promise((resolve) => {
      child.on('message', (message) => {
        told.push(FromServer.parse(message))
        if (told.at(-1)?.type === 'running') child.send({ type: 'stop' })
      })
      child.on('exit', resolve)
    })
    expect(told.map(({ type }) => type)).toEqual(['starting', 'running', 'activity', 'stopping'])
    expect(code).toBe(0)
  }, 60_000)

  it('has a bridge of one script that names every function and needs nothing but Electron', () => {
    const script = readFileSync(join(staged.app, 'preload.cjs'), 'utf8')
    expect([...script.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)).toEqual([
      'electron',
    ])
    for (const name of bridgeFunctions) expect(script).toContain(`"${name}"`)
  })
})

describe('the icons', () => {
  it('are pictures of the size they say, alone and packed for each system', () => {
    const png = drawAppIcon(32)
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([32, 32])
    expect(packIco([16, 32]).readUInt16LE(4)).toBe(2)
    const icns = packIcns()
    expect(icns.subarray(0, 4).toString('latin1')).toBe('icns')
    expect(icns.readUInt32BE(4)).toBe(icns.length)
  })
})
