import type { SourceFile, SourceImport } from '../support/source-files.ts'

type Part =
  | 'problem'
  | 'platform'
  | 'config'
  | 'contract'
  | 'db'
  | 'storage'
  | 'http'
  | 'work'
  | 'backup'
  | 'upgrade'
  | 'upstream'
  | 'bundles'

/**
 * What each part of the server may import of the others. Features come on top of all of them;
 * `wiring`, `start` and `main` come on top of the features.
 */
const mayImport: Record<Part, readonly Part[]> = {
  problem: [],
  platform: [],
  config: ['problem', 'platform'],
  contract: [],
  db: ['config', 'platform', 'problem'],
  storage: ['problem', 'platform'],
  http: ['problem', 'platform', 'contract'],
  work: ['db', 'platform', 'problem'],
  backup: ['config', 'db', 'platform', 'problem', 'storage', 'work'],
  upgrade: ['config', 'db', 'platform', 'problem', 'storage'],
  upstream: ['config', 'platform', 'problem', 'storage'],
  bundles: ['problem', 'platform', 'storage'],
}

const parts = Object.keys(mayImport) as Part[]

export type FindSource = (path: string) => SourceFile | undefined

/** Everything wrong with one file's imports and ambient uses, as lines for a person. */
export function importProblems(source: SourceFile, find: FindSource): readonly string[] {
  if (/(?:\.test|-suite)\.ts$/.test(source.path) && !source.path.startsWith('test/')) return []
  const imports = source.imports.filter((one) => !isAllowed(source.path, one, find))
  const ambient = isProduct(source.path) && !mayBeAmbient(source.path) ? source.ambient : []
  return [
    ...imports.map(({ target }) => `${source.path} may not import ${target}`),
    ...[...new Set(ambient)].map((use) => `${source.path} may not use ${use}`),
  ]
}

function isProduct(path: string): boolean {
  return /^(?:server|certs|electron)\/src\//.test(path)
}

function mayBeAmbient(path: string): boolean {
  return /^(?:server\/src\/(?:platform|config)\/|electron\/src\/platform\.ts$)/.test(path)
}

function isAllowed(
  path: string,
  { target, isRelative, isTypeOnly }: SourceImport,
  find: FindSource,
): boolean {
  const home = packageOf(path)
  if (!isRelative) return isPackageAllowed(path, home, target, isTypeOnly)
  // The settings of the tests lie at the top, beside everything they are for.
  if (path === 'vitest.config.ts' && target.startsWith('test/support/')) return true
  if (packageOf(target) !== home) return false
  if (home === 'renderer') return isPageImportAllowed(path, target)
  if (home !== 'server') return true
  return isServerImportAllowed(path, target, isTypeOnly, find)
}

/** The workspace, or the top folder, that a file belongs to. */
function packageOf(path: string): string {
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : ''
}

/** The design system knows nothing of registries; the application and its screens come on top. */
const pageLayers: Readonly<Record<string, readonly string[]>> = {
  ui: ['ui', 'paraglide'],
  api: ['api'],
  router: ['router'],
  app: ['app', 'api', 'router', 'ui', 'paraglide', 'features'],
  features: ['features', 'app', 'api', 'router', 'ui', 'paraglide'],
}

function isPageImportAllowed(path: string, target: string): boolean {
  const layer = /^renderer\/src\/([^/]+)\//.exec(path)?.[1]
  if (layer === undefined) return true
  const of = /^renderer\/src\/([^/]+)\//.exec(target)?.[1]
  return of !== undefined && (pageLayers[layer] ?? []).includes(of)
}

function isPackageAllowed(
  path: string,
  home: string,
  specifier: string,
  isTypeOnly: boolean,
): boolean {
  if (path.startsWith('server/src/contract/') && specifier !== 'zod') return false
  if (!specifier.startsWith('@mooring/')) return true
  if (['', 'scripts', 'test', 'electron'].includes(home)) return true
  if (home === 'renderer') {
    return isTypeOnly && /^@mooring\/(?:server\/contract\/|electron\/bridge$)/.test(specifier)
  }
  return home === 'server' && specifier.startsWith('@mooring/certs') && partOf(path) === undefined
}

function isServerImportAllowed(
  path: string,
  target: string,
  isTypeOnly: boolean,
  find: FindSource,
): boolean {
  const part = partOf(path)
  const targetPart = partOf(target)
  if (part !== undefined) {
    if (part === 'db' && isTypeOnly && isStore(target)) return true
    return targetPart === part || (targetPart !== undefined && mayImport[part].includes(targetPart))
  }
  const feature = featureOf(path)
  if (feature !== undefined) {
    if (targetPart === 'http') return !isService(path) && !isStore(path)
    if (targetPart !== undefined || featureOf(target) === feature) return true
    if (featureOf(target) === undefined || isFace(target)) return false
    // A collaborator that the wiring hands in is known by its type alone.
    return isTypeOnly || isService(target) || isStore(target) || isVocabulary(target, find)
  }
  return isTop(path)
}

function partOf(path: string): Part | undefined {
  return parts.find(
    (part) => path === `server/src/${part}.ts` || path.startsWith(`server/src/${part}/`),
  )
}

function featureOf(path: string): string | undefined {
  return /^server\/src\/features\/([^/]+)\//.exec(path)?.[1]
}

/** Of the storage, but a word of every feature. */
const digests = 'server/src/storage/digest.ts'

/**
 * A feature's values (`RepositoryName`, `TagName`) and the rules that are pure are words that other
 * features may use. A file is one of those when nothing it needs can reach the outside.
 */
function isVocabulary(path: string, find: FindSource): boolean {
  const source = featureOf(path) === undefined ? undefined : find(path)
  if (source === undefined) return false
  return source.imports.every(({ target, isRelative, isTypeOnly }) => {
    if (!isRelative || isTypeOnly) return true
    const part = partOf(target)
    return (
      part === 'problem' || part === 'platform' || target === digests || isVocabulary(target, find)
    )
  })
}

/** The few files that may know everything below them. */
function isTop(path: string): boolean {
  return /^server\/(?:bin\/|src\/(?:wiring|start|main)\.ts$|src\/(?:cli|first-start|probes|service|setup|wiring)\/)/.test(
    path,
  )
}

function isFace(path: string): boolean {
  return /-(?:oci|api)\.ts$/.test(path)
}

function isService(path: string): boolean {
  return path.endsWith('-service.ts')
}

function isStore(path: string): boolean {
  return path.endsWith('-store.ts')
}
