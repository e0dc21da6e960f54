// Builds the container image from any glibc base that the local container storage has.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { writeImageContext } from './release/image-context.ts'
import { runTool } from './release/run-tool.ts'
import { isInstalled } from './system-packages.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const usage = `usage: npm run build:image -- --base IMAGE [--tag NAME] [--output FILE]

  --base IMAGE    a glibc system with libstdc++, present in the local storage
  --tag NAME      localhost/mooring:VERSION unless given
  --output FILE   also write the image to this file, as an OCI archive
`

await main().catch((error: unknown) => {
  console.error(`build-image: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
})

async function main(): Promise<void> {
  const { base, tag, output } = parseArgs({
    options: {
      base: { type: 'string' },
      tag: { type: 'string' },
      output: { type: 'string' },
    },
  }).values
  if (base === undefined) throw new Error(`no base given\n${usage}`)
  const builder = ['buildah', 'podman'].find(isInstalled)
  if (builder === undefined) throw new Error('neither buildah nor podman is installed')
  const arch = process.arch
  if (arch !== 'x64' && arch !== 'arm64') throw new Error(`there is no Node for ${arch}`)

  const packageFile = await readFile(join(root, 'package.json'), 'utf8')
  const { version } = JSON.parse(packageFile) as { version: string }
  const image = tag ?? `localhost/mooring:${version}`
  const folder = await mkdtemp(join(tmpdir(), 'mooring-image-'))
  try {
    await writeImageContext({ root, folder, arch })
    // Docker's format keeps the health check, which OCI's has no place for.
    await runTool(builder, [
      'build',
      '--pull=never',
      '--layers=false',
      '--format=docker',
      `--build-arg=BASE=${base}`,
      `--build-arg=VERSION=${version}`,
      `--tag=${image}`,
      `--file=${join(folder, 'Containerfile')}`,
      folder,
    ])
    if (output !== undefined) {
      await rm(output, { force: true })
      await runTool(builder, ['push', '--quiet', image, `oci-archive:${output}:${image}`])
    }
    console.log(image)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
