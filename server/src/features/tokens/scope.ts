import { Problem } from '../../problem.ts'

/** `delete` is what oras asks for; Quay's own words are `push`, `pull` and `*`. */
export type ScopeAction = 'push' | 'pull' | '*' | 'delete'

export type Scope =
  | {
      readonly type: 'repository'
      readonly name: string
      readonly path: string
      readonly actions: readonly ScopeAction[]
    }
  | { readonly type: 'registry'; readonly name: 'catalog'; readonly actions: readonly ['*'] }

const actionOrder: readonly ScopeAction[] = ['push', 'pull', '*', 'delete']

/**
 * Reads one `scope` of a token request: `repository:[host/]name:action[,action]`, where host is the
 * registry's own name (registry-protocol, 3.1), or `registry:catalog:*`.
 * `name` is what the client wrote and gets echoed; `path` is the repository without the host.
 * @throws Problem `scope-invalid`
 */
export function parseScope(text: string, serverHostname: string): Scope {
  if (text === 'registry:catalog:*') return { type: 'registry', name: 'catalog', actions: ['*'] }
  const prefix = 'repository:'
  const actionsAt = text.lastIndexOf(':')
  const name = text.slice(prefix.length, actionsAt)
  const actions = text.slice(actionsAt + 1).split(',')
  const path = name.startsWith(`${serverHostname}/`) ? name.slice(serverHostname.length + 1) : name
  if (
    !text.startsWith(prefix) ||
    actionsAt < prefix.length ||
    !/^[.a-zA-Z0-9_/-]+$/.test(path) ||
    !actions.every((action) => action === '' || isAction(action))
  ) {
    throw new Problem('scope-invalid', {
      message: `Unable to decode repository and actions: ${text.slice(0, 300)}`,
    })
  }
  return {
    type: 'repository',
    name,
    path,
    actions: actionOrder.filter((action) => actions.includes(action)),
  }
}

function isAction(text: string): text is ScopeAction {
  return (actionOrder as readonly string[]).includes(text)
}
