import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export interface SourceImport {
  /** Path from the project's root for a relative import, the specifier itself for a package. */
  readonly target: string
  readonly isRelative: boolean
  readonly isTypeOnly: boolean
}

export interface SourceFile {
  readonly path: string
  readonly imports: readonly SourceImport[]
  /** Uses of the clock, of chance and of the environment, such as `Date.now`. */
  readonly ambient: readonly string[]
}

/** Every TypeScript file of the project that Git knows or would add. */
export function readSourceFiles(): readonly SourceFile[] {
  const listing = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', '*.ts'],
    { cwd: projectRoot, encoding: 'utf8' },
  )
  const paths = new Set(listing.split('\0').filter((path) => path !== ''))
  return [...paths].sort().flatMap((path) => {
    const text = readText(join(projectRoot, path))
    return text === undefined ? [] : [parseSourceFile(path, text)]
  })
}

/** A file that Git knows can be gone from the working tree. */
function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

export function parseSourceFile(path: string, text: string): SourceFile {
  const imports: SourceImport[] = []
  const ambient: string[] = []
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return
    const isRelative = specifier.text.startsWith('.')
    const target = isRelative ? posix.join(posix.dirname(path), specifier.text) : specifier.text
    imports.push({ target, isRelative, isTypeOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnlyImport(node.importClause))
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false)
    }
    const use = ambientUse(node)
    if (use !== undefined) ambient.push(use)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest))
  return { path, imports, ambient }
}

function isTypeOnlyImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const { name, namedBindings } = clause
  return (
    name === undefined &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every((element) => element.isTypeOnly)
  )
}

const ambientMembers = ['Date.now', 'Math.random', 'process.env', 'performance.now']
const ambientNames = ['randomUUID']

function ambientUse(node: ts.Node): string | undefined {
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date')) {
    return (node.arguments?.length ?? 0) === 0 ? 'new Date()' : undefined
  }
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`
    return ambientMembers.includes(member) ? member : undefined
  }
  return ts.isIdentifier(node) && ambientNames.includes(node.text) ? node.text : undefined
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name
}
