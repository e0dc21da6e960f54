import { setImmediate as otherWork } from 'node:timers/promises'

import { isConflict } from '../../db/conflicts.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { ApiCaller } from '../api/api-call.ts'
import type { Authorizer } from '../api/authorize-service.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { Outcome } from '../interface/bulk-service.ts'
import type { MirrorService, MirrorSubject } from './mirror-service.ts'

export type MirrorBulk = ReturnType<typeof createMirrorBulk>
export type MirrorAction = 'sync' | 'cancel' | 'pause' | 'resume' | 'delete'

/** One thing to many mirrors, each with the rules and the rights that it has alone. */
export function createMirrorBulk({
  mirrors,
  authorizer,
}: {
  mirrors: MirrorService
  authorizer: Authorizer
}) {
  const act = (subject: MirrorSubject, action: MirrorAction): Promise<void> => {
    switch (action) {
      case 'sync':
        return mirrors.syncNow(subject)
      case 'cancel':
        return mirrors.cancel(subject)
      case 'pause':
        return mirrors.pause(subject)
      case 'resume':
        return mirrors.resume(subject)
      case 'delete':
        return mirrors.remove(subject)
    }
  }

  async function change(
    { caller, actor }: { readonly caller: ApiCaller; readonly actor: Actor },
    name: string,
    action: MirrorAction,
  ): Promise<void> {
    const grant = await authorizer.authorize(caller, {
      rule: { kind: 'repository', role: 'admin' },
      ...{ scope: 'repo:admin', isRead: false, params: { repository: name } },
    })
    if (grant.kind !== 'repository') throw new Problem('not-found')
    const { repository, namespace } = grant
    await act({ repository, namespace, actor }, action)
  }

  return {
    async each(
      by: { readonly caller: ApiCaller; readonly actor: Actor },
      names: readonly string[],
      action: MirrorAction,
    ): Promise<Outcome[]> {
      const outcomes: Outcome[] = []
      for (const name of new Set(names)) {
        try {
          await change(by, name, action)
          outcomes.push({ name })
        } catch (error) {
          if (!isProblem(error) && !isConflict(error)) throw error
          const problem = isProblem(error) ? error : new Problem('conflict', {}, { cause: error })
          outcomes.push({ name, problem })
        }
        // SQLite answers within the turn of the event loop, so waiting for it lets nobody else in.
        await otherWork()
      }
      return outcomes
    },
  }
}
