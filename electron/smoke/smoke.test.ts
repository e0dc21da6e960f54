import { _electron } from 'playwright-core'
import { expect, it } from 'vitest'
import { createTemporaryFolder } from '../../test/support/temporary.ts'
import { findElectron } from '../packaging/find-electron.ts'
import { stageDesktop } from '../packaging/stage.ts'

// Run only where the Electron program is: see vitest.config.ts.
it('opens the setup of an empty computer, locked in as the policy says', async () => {
  await using folder = createTemporaryFolder('desktop')
  const { app } = await stageDesktop(folder.join('staged'), process)
  const { program = '' } = findElectron(process.env)
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const running = await _electron.launch({
    executablePath: program,
    args: [app, `--user-data-dir=${folder.join('user')}`, ...asRoot],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter((one) => one[1] !== undefined)),
      MOORING_HTTPS_PORT: '0',
      MOORING_HTTP_PORT: '0',
      MOORING_METRICS_PORT: '0',
    },
  })
  try {
    const page = await running.firstWindow()
    await page.waitForURL(/^https:\/\/[^/]+\/setup/)
    expect(await page.evaluate('typeof require + typeof process')).toBe('undefinedundefined')
    expect(await page.evaluate('typeof window.mooring.versions')).toBe('function')
    const opened = await page.evaluate("window.open('https://other.example/') === null")
    expect(opened).toBe(true)
  } finally {
    await running.close()
  }
})
