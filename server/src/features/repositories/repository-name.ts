import { Problem } from '../../problem.ts'

declare const branded: unique symbol

/** Where a repository is: valid, with its namespace spelled out. Made by `parseRepositoryName` only. */
export interface RepositoryName {
  readonly namespace: string
  readonly name: string
  /** `namespace/name` */
  readonly fullName: string
  readonly [branded]: true
}

export interface RepositoryNameRules {
  /** Slashes within the name. */
  readonly extended: boolean
  /** A name without a namespace stands for one in `libraryNamespace`. */
  readonly librarySupport: boolean
  readonly libraryNamespace: string
}

const namespacePattern = /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/
const segmentPattern = /^[a-z0-9][.a-z0-9_-]*$/
const longest = 255

/** Last segments that the pages of a repository use themselves. */
const reserved = new Set(['build', 'trigger', 'tag'])

/**
 * Reads `[namespace/]name` as it stands in a path or a scope.
 * @throws Problem `namespace-required`, `repository-name-invalid`
 */
export function parseRepositoryName(text: string, rules: RepositoryNameRules): RepositoryName {
  const slash = text.indexOf('/')
  if (slash < 0 && !rules.librarySupport) {
    throw new Problem('namespace-required', {
      name: text,
      message: 'A namespace must be specified explicitly',
    })
  }
  const namespace = slash < 0 ? rules.libraryNamespace : text.slice(0, slash)
  const name = text.slice(slash + 1)
  const fullName = `${namespace}/${name}`
  if (!rules.extended && name.includes('/')) {
    throw invalid(text, `Nested repositories are not supported. Found: ${text}`)
  }
  const valid =
    fullName.length <= longest &&
    namespace.length >= 2 &&
    namespacePattern.test(namespace) &&
    name.split('/').every((segment) => segmentPattern.test(segment))
  if (!valid) throw invalid(text)
  return { namespace, name, fullName } as RepositoryName
}

/** @throws Problem `repository-name-invalid` for a name that may be asked for but not created. */
export function requireCreatableName(name: RepositoryName): void {
  const last = name.name.slice(name.name.lastIndexOf('/') + 1)
  if (reserved.has(last)) throw invalid(name.fullName)
}

function invalid(name: string, message = `Invalid repository name: ${name}`): Problem {
  return new Problem('repository-name-invalid', { name, message })
}
