import { setImmediate as otherWork } from 'node:timers/promises'

import { isConflict } from '../../db/conflicts.ts'
import { isProblem, Problem } from '../../problem.ts'
import type { ApiCaller } from '../api/api-call.ts'
import type { Authorizer } from '../api/authorize-service.ts'
import type { Actor } from '../audit/audit-log.ts'
import type { Outcome } from '../interface/bulk-service.ts'
import type { MirrorRules } from './mirror-rules.ts'
import type { MirrorService, MirrorSubject } from './mirror-service.ts'

export type MirrorBulk = ReturnType<typeof createMirrorBulk>
export type MirrorAction = 'sync' | 'cancel' | 'pause' | 'resume' | 'delete' | 'change'

/** What `change` sets; what is not named stays. */
export interface MirrorChange {
  readonly sync_interval?: number | undefined
  readonly sync_start_date?: string | undefined
  readonly patterns?: readonly string[] | undefined
  readonly rules?: Partial<MirrorRules> | undefined
}

interface By {
  readonly caller: ApiCaller
  readonly actor: Actor
}

/** One thing to many mirrors, each with the rules and the rights that it has alone. */
export function createMirrorBulk({
  mirrors,
  authorizer,
}: {
  mirrors: MirrorService
  authorizer: Authorizer
}) {
  const act = (subject: MirrorSubject, action: MirrorAction, wish: MirrorChange): Promise<void> => {
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
      case 'change':
        return change(subject, wish)
    }
  }

  async function change(
    subject: MirrorSubject,
    { patterns, rules, ...rest }: MirrorChange,
  ): Promise<void> {
    const wish = { ...rest, ...(patterns && { root_rule: { rule_value: patterns } }) }
    const isNamed = (object: object) =>
      Object.values(object).some((value: unknown) => value !== undefined)
    if (isNamed(wish)) await mirrors.change(subject, wish)
    if (rules !== undefined && isNamed(rules)) await mirrors.changeRules(subject, rules)
  }

  async function subjectOf({ caller, actor }: By, name: string): Promise<MirrorSubject> {
    const grant = await authorizer.authorize(caller, {
      rule: { kind: 'repository', role: 'admin' },
      ...{ scope: 'repo:admin', isRead: false, params: { repository: name } },
    })
    if (grant.kind !== 'repository') throw new Problem('not-found')
    const { repository, namespace } = grant
    return { repository, namespace, actor }
  }

  async function eachDoes(
    by: By,
    names: readonly string[],
    work: (subject: MirrorSubject, service: MirrorService) => Promise<void>,
  ): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const name of new Set(names)) {
      try {
        await work(await subjectOf(by, name), mirrors)
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
  }

  return {
    eachDoes,

    each: (
      by: By,
      names: readonly string[],
      action: MirrorAction,
      wish: MirrorChange = {},
    ): Promise<Outcome[]> => eachDoes(by, names, (subject) => act(subject, action, wish)),
  }
}
