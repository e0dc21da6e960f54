import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, sep } from 'node:path'
import ts from 'typescript'
import { LockFile, productionPackages, type Target } from './production-packages.ts'

/**
 * Writes the server and everything that it needs to run below `target/node_modules`. Our own
 * packages are compiled, because neither Node below `node_modules` nor Electron's Node takes
 * TypeScript; the others are copied without what only developers read.
 * @throws Error naming what `npm ci` has to bring for another platform.
 */
export function stageServer(root: string, target: string, machine: Target): void {
  const lock = LockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')))
  const folders = productionPackages(lock, 'server', machine)
  const missing = folders.filter((folder) => !existsSync(join(root, folder)))
  if (missing.length > 0) {
    throw new Error(
      `missing for ${machine.platform} ${machine.arch}: ${missing.join(', ')}; ` +
        `run npm ci --os=${machine.platform} --cpu=${machine.arch} first`,
    )
  }
  for (const folder of folders) {
    const source = join(root, folder)
    const own = workspaces.find(({ name }) => folder === name || folder.startsWith(`${name}/`))
    const place = own === undefined ? folder : `${own.place}${folder.slice(own.name.length)}`
    const isOurs = own?.name === folder
    if (isOurs) compilePackage(source, join(target, place))
    else copyPackage(source, join(target, place), machine)
  }
  // The server shows it to people, and looks for it beside its package.
  cpSync(join(root, 'CHANGELOG.md'), join(target, 'node_modules/@mooring/CHANGELOG.md'))
  const pages = join(target, 'node_modules/@mooring/renderer/dist')
  cpSync(join(root, 'renderer/dist'), pages, { recursive: true })
}

const workspaces = [
  { name: 'server', place: 'node_modules/@mooring/server' },
  { name: 'certs', place: 'node_modules/@mooring/certs' },
] as const

const developersOnly =
  /\.(?:d\.[cm]?ts|map|md|markdown|tsbuildinfo|flow|cc|cpp|c|h|gyp|gypi)$|(?:^|[/\\])(?:\.[^/\\]+|__tests__|docs|examples?)(?:[/\\]|$)/i
const legal = /(?:licen[cs]e|notice|copying)/i

function copyPackage(source: string, target: string, machine: Target): void {
  cpSync(source, target, {
    recursive: true,
    dereference: true,
    filter(file) {
      const inside = relative(source, file)
      // A package below this one has a turn of its own.
      if (inside === 'node_modules' || inside.startsWith(`node_modules${sep}`)) return false
      if (basename(source) === 'better-sqlite3' && isOtherMachine(inside, machine)) return false
      return !developersOnly.test(inside) || legal.test(inside)
    },
  })
}

/** better-sqlite3 brings its binaries for every system, and the sources to build more of them. */
function isOtherMachine(inside: string, { platform, arch }: Target): boolean {
  const path = inside.split(sep).join('/')
  if (/^(?:deps|src|build)(?:\/|$)/.test(path)) return true
  const prebuilt = /^prebuilds\/([^/]+)\.node$/.exec(path)?.[1]
  return prebuilt !== undefined && prebuilt !== `${platform}-${arch}`
}

function compilePackage(source: string, target: string): void {
  const manifest = readFileSync(join(source, 'package.json'), 'utf8')
  mkdirSync(target, { recursive: true })
  writeFileSync(join(target, 'package.json'), manifest.replace(/(\.\/src\/[^"]*)\.ts"/g, '$1.js"'))
  const files = readdirSync(join(source, 'src'), { recursive: true, encoding: 'utf8' })
  for (const file of files) {
    const from = join(source, 'src', file)
    const to = join(target, 'src', file)
    if (/(?:\.test|-suite)\.ts$/.test(file)) continue
    if (file.endsWith('.ts')) {
      mkdirSync(dirname(to), { recursive: true })
      writeFileSync(to.replace(/\.ts$/, '.js'), compile(readFileSync(from, 'utf8')))
    } else if (/\.[a-z0-9]+$/i.test(file)) {
      mkdirSync(dirname(to), { recursive: true })
      cpSync(from, to, { recursive: true })
    }
  }
}

function compile(text: string): string {
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: {
      module: ts.ModuleKind.ESNext,
      target: ts.ScriptTarget.ES2024,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    },
  })
  // Entries of worker threads are addresses, which the compiler leaves alone.
  return outputText.replace(/(new URL\(\s*'\.[^']*)\.ts'/g, "$1.js'")
}
