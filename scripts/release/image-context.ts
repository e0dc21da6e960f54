import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { nativeFiles, writeProgramTree, type Architecture } from './program-tree.ts'

const files = {
  'etc/passwd': 'root:x:0:0:root:/tmp:/sbin/nologin\nmooring:x:1001:0:Mooring:/tmp:/sbin/nologin\n',
  'etc/group': 'root:x:0:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
} as const

/** Folders that the server writes to, whichever user of group 0 it runs as. */
const writable = ['conf/stack', 'datastorage']

/** Everything that installer/Containerfile copies. */
export async function writeImageContext(options: {
  readonly root: string
  readonly modulesRoot?: string
  readonly folder: string
  readonly arch: Architecture
}): Promise<void> {
  const { root, folder } = options
  const program = join(folder, 'program')
  await writeProgramTree({ ...options, target: program })
  const natives = (await nativeFiles(program)).map((file) => `/opt/mooring/${file}\n`)
  await writeFile(join(folder, 'natives'), natives.join(''))

  const source = join(root, 'installer')
  await copyFile(join(source, 'Containerfile'), join(folder, 'Containerfile'))
  await copyFile(
    join(source, 'container/collect-libraries.sh'),
    join(folder, 'collect-libraries.sh'),
  )
  const image = join(folder, 'root')
  for (const [file, content] of Object.entries(files)) {
    await place(image, file)
    await writeFile(join(image, file), content)
    await chmod(join(image, file), 0o644)
  }
  const command = await place(image, 'usr/local/bin/mooring')
  await copyFile(join(source, 'container/mooring'), command)
  await chmod(command, 0o755)
  for (const name of writable) {
    const made = await place(image, `${name}/.`)
    await chmod(dirname(made), 0o775)
  }
  await mkdir(join(image, 'tmp'))
  await chmod(join(image, 'tmp'), 0o1777)
}

async function place(image: string, file: string): Promise<string> {
  let folder = image
  await mkdir(folder, { recursive: true })
  for (const part of dirname(file).split('/')) {
    folder = join(folder, part)
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o755)
  }
  return `${image}/${file}`
}
