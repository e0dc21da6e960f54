import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findElectron, howToGetElectron } from './find-electron.ts'
import { projectRoot, stageDesktop } from './stage.ts'

// `npm run desktop`
const { program } = findElectron(process.env)
if (program === undefined) {
  console.error(
    `mooring: ${howToGetElectron}; the same pages are in any browser with \`npm start\``,
  )
  process.exitCode = 1
} else {
  const { app } = await stageDesktop(join(projectRoot, 'electron/dist'), process)
  const child = spawn(program, [app, ...process.argv.slice(2)], { stdio: 'inherit' })
  await once(child, 'exit')
  process.exitCode = child.exitCode ?? 1
}
