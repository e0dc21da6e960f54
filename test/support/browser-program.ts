import { existsSync } from 'node:fs'

// The shell is the same engine without the windows around it, at half the work.
const programs = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium']

/** The system's Chromium, or what the environment names; undefined where there is none. */
export const browserProgram = [process.env['MOORING_TEST_BROWSER'] ?? programs]
  .flat()
  .find((program) => existsSync(program))
