import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { findMooringCommand, installCall, runProgram } from './service-commands.ts'

const mooring = fileURLToPath(new URL('../../server/bin/mooring.js', import.meta.url))
const print = ['-e', 'process.stdout.write(JSON.stringify(process.argv.slice(1)))', '--']

it('finds the command of an installation, for everybody before that of this account', () => {
  const own = join('/home/ada', '.local/bin/mooring')
  const environment = { HOME: '/home/ada' }
  expect(findMooringCommand(environment, () => true)).toBe('/usr/local/bin/mooring')
  expect(findMooringCommand(environment, (path) => path === own)).toBe(own)
  expect(findMooringCommand(environment, () => false)).toBeUndefined()
})

it('runs programs without a shell, and says what they said', async () => {
  const odd = ['$(id)', 'a b', '"; exit 1', '*']
  const { succeeded, output } = await runProgram({
    program: process.execPath,
    args: [...print, ...odd],
  })
  expect(succeeded).toBe(true)
  expect(JSON.parse(output)).toEqual(odd)
  const failing = {
    program: process.execPath,
    args: ['-e', 'console.error("no"); process.exit(3)'],
  }
  expect(await runProgram(failing)).toEqual({ succeeded: false, output: 'no' })
  const missing = await runProgram({ program: '/nowhere/mooring', args: [] })
  expect(missing.succeeded).toBe(false)
  expect(missing.output).toContain('ENOENT')
})

it('asks the command for something that it knows how to do', async () => {
  const environment = { MOORING_DATA_DIR: '/home/ada/data', MOORING_HTTPS_PORT: '8444' }
  const { args } = installCall(mooring, environment)
  const program = process.execPath
  const { succeeded, output } = await runProgram({ program, args: [mooring, ...args, '--print'] })
  expect(output).toContain("MOORING_DATA_DIR='/home/ada/data'")
  expect(output).toContain("MOORING_HTTPS_PORT='8444'")
  expect(succeeded).toBe(true)
})
