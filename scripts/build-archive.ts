// Builds the one file that installs Mooring on a machine without network.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { create } from 'tar'
import { createSigner, type Signer } from './release/minisign.ts'
import { modulesFor } from './release/other-architecture.ts'
import { writeProgramTree, type Architecture } from './release/program-tree.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const usage = `usage: npm run build:archive -- [--image FILE] [--sign-key FILE] [--arch x64|arm64] [--output DIR]

  --image FILE      an OCI archive of npm run build:image, for podman on the target
  --sign-key FILE   an Ed25519 key in PEM; the archive and its checksums are signed with it
  --arch ARCH       of the target, this machine's unless given
  --output DIR      dist unless given
`

interface Options {
  readonly image?: string | undefined
  readonly arch: Architecture
  readonly output: string
  readonly signer?: Signer
}

await main().catch((error: unknown) => {
  console.error(`build-archive: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const given = parseArgs({
    options: {
      image: { type: 'string' },
      'sign-key': { type: 'string' },
      arch: { type: 'string', default: process.arch },
      output: { type: 'string', default: join(root, 'dist') },
    },
  }).values
  const { arch } = given
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`there is no Node for ${arch}\n${usage}`)
  const keyFile = given['sign-key']
  const signer = keyFile === undefined ? undefined : createSigner(await readFile(keyFile, 'utf8'))
  const { image, output } = given
  await mkdir(output, { recursive: true })
  console.log(await build({ image, arch, output, ...(signer && { signer }) }))
}

async function build({ image, arch, output, signer }: Options): Promise<string> {
  const packageFile = await readFile(join(root, 'package.json'), 'utf8')
  const { version } = JSON.parse(packageFile) as { version: string }
  const name = `mooring-${version}-linux-${arch}`
  const staging = await mkdtemp(join(tmpdir(), 'mooring-archive-'))
  try {
    const folder = join(staging, name)
    await mkdir(folder)
    await using modules = await modulesFor(root, arch)
    const tree = join(staging, 'program')
    await writeProgramTree({ root, modulesRoot: modules.path, target: tree, arch })
    await pack(tree, ['.'], join(folder, 'program.tar.gz'), { level: 6 })
    await copyFile(join(root, 'installer/install.sh'), join(folder, 'install.sh'))
    await chmod(join(folder, 'install.sh'), 0o755)
    await writeFile(join(folder, 'VERSION'), `${version} ${arch}\n`)
    if (image !== undefined) await copyFile(image, join(folder, 'image.tar'))

    const files = ['VERSION', 'install.sh', 'program.tar.gz', ...(image ? ['image.tar'] : [])]
    const sums = await Promise.all(
      files.map(async (file) => `${await sha256(join(folder, file))}  ${file}\n`),
    )
    await writeFile(join(folder, 'SHA256SUMS'), sums.join(''))
    const comment = `Mooring ${version} for linux ${arch}`
    if (signer) {
      const signature = signer.sign(Buffer.from(sums.join('')), comment)
      await writeFile(join(folder, 'SHA256SUMS.minisig'), signature)
    }

    // Its parts are compressed already.
    const archive = join(output, `${name}.tar`)
    await pack(staging, [name], `${archive}.part`)
    await rename(`${archive}.part`, archive)
    await rm(`${archive}.minisig`, { force: true })
    if (signer) {
      await writeFile(`${archive}.minisig`, signer.sign(await readFile(archive), comment))
      await writeFile(join(output, 'mooring.pub'), signer.publicKey)
    }
    const { size } = await stat(archive)
    return `${archive} ${(size / 1e6).toFixed(1)} MB`
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Without the names and times of the machine that built it. */
async function pack(
  cwd: string,
  entries: string[],
  file: string,
  gzip: { level: number } | false = false,
): Promise<void> {
  await create({ cwd, file, gzip, portable: true, mtime: new Date(0) }, entries)
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
