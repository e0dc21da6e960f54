// `npm run screenshots`: every page in both themes and languages, for people to look at.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openBrowser, settled, visit } from '../support/browser.ts'
import { startTestServer } from '../support/server.ts'
import { projectRoot } from '../support/source-files.ts'
import { furnish, pageList } from './page-list.ts'

const folder = join(projectRoot, '.cache/screenshots')
const wanted = process.argv.slice(2)

await using server = await startTestServer()
await using browser = await openBrowser()
await furnish(server)
await mkdir(folder, { recursive: true })
const account = { username: server.username, password: server.password }
const looks = [
  { language: 'en', theme: 'LIGHT' },
  { language: 'ja', theme: 'DARK' },
] as const

for (const look of looks) {
  await using signedIn = await visit(browser, { url: server.urls.https, account, ...look })
  await using open = await visit(browser, { url: server.urls.https, ...look })
  for (const { name, path, isOpen } of pageList) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const visitor = isOpen ? open : signedIn
    await visitor.goTo(path)
    await settled(visitor.page)
    const file = join(folder, `${name}-${look.language}-${look.theme.toLowerCase()}.png`)
    await visitor.page.screenshot({ path: file, fullPage: true })
    console.log(file)
  }
}
