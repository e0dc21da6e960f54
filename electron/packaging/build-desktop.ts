import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'electron-builder'
import { builderConfig } from './builder-config.ts'
import { findElectron, howToGetElectron } from './find-electron.ts'
import { projectRoot, stageDesktop } from './stage.ts'

// `npm run build:desktop [-- --platform linux --arch x64 --dir]`
const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: process.platform },
    arch: { type: 'string', default: process.arch },
    dir: { type: 'boolean', default: false },
  },
})
const output = join(projectRoot, 'electron/dist')
const staged = await stageDesktop(output, values)
console.log(`the program is in ${staged.app}`)

const electron = findElectron(process.env)
if (electron.dist === undefined) {
  console.log(`not packed: ${howToGetElectron}`)
} else {
  const arch = values.arch === 'arm64' ? { arm64: true } : { x64: true }
  const names = { linux: 'linux', win32: 'win', darwin: 'mac' } as const
  const name = names[values.platform as keyof typeof names]
  const files = await build({
    projectDir: join(projectRoot, 'electron'),
    config: builderConfig(staged, join(output, 'packages'), electron),
    [name]: [],
    ...arch,
    dir: values.dir,
    publish: 'never',
  })
  for (const file of files) console.log(file)
}
