import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectRoot } from '../support/source-files.ts'

const dist = join(projectRoot, 'renderer/dist')
const folder = join(dist, 'static')
const page = readFileSync(join(dist, 'index.html'), 'utf8')
const names = readdirSync(folder)
const scripts = names.filter((name) => name.endsWith('.js'))

const kilobytes = 1_024
const packedBytes = (name: string) => statSync(join(folder, `${name}.gz`)).size
const sum = (files: Iterable<string>) =>
  [...files].reduce((all, file) => all + packedBytes(file), 0)

/** What a script loads before it runs; what it may load later is not among them. */
function importsOf(name: string): readonly string[] {
  const code = readFileSync(join(folder, name), 'utf8')
  return [...code.matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)].map(
    ([, file]) => file ?? '',
  )
}

function withImports(start: readonly string[]): ReadonlySet<string> {
  const found = new Set(start)
  for (const name of found) for (const file of importsOf(name)) found.add(file)
  return found
}

const named = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, file]) => file ?? '')
const first = withImports(named(/(?:src|href)="\/static\/([^"]+\.js)"/g))

it('the first load is at most 180 KB of script and 30 KB of style', () => {
  expect(first.size).toBeGreaterThan(0)
  expect(sum(first)).toBeLessThanOrEqual(180 * kilobytes)
  expect(sum(named(/href="\/static\/([^"]+\.css)"/g))).toBeLessThanOrEqual(30 * kilobytes)
})

it('what a page loads of its own is at most 60 KB a file', () => {
  const large = scripts.filter((name) => !first.has(name) && packedBytes(name) > 60 * kilobytes)
  expect(large).toEqual([])
})

it('nothing asks another origin', () => {
  const styles = names.filter((name) => name.endsWith('.css'))
  const addresses = styles.flatMap((name) =>
    [...readFileSync(join(folder, name), 'utf8').matchAll(/url\(([^)]+)\)/g)].map(([, url]) => url),
  )
  expect(addresses.filter((url) => !/^["']?(?:\/static\/|\.\/|data:|#)/.test(url ?? ''))).toEqual(
    [],
  )
  expect(page).not.toMatch(/(?:src|href)="(?!\/static\/)/)
})

it('texts are there compressed', () => {
  const texts = names.filter((name) => /\.(?:js|css|svg)$/.test(name))
  expect(texts.filter((name) => !existsSync(join(folder, `${name}.br`)))).toEqual([])
})
