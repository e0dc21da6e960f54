import { chosenUpstreams } from '../first-content.ts'
import { findingOf } from '../setup-codes.ts'
import { fillUpstream } from './fill-upstream.ts'
import type { Task } from './task.ts'

export const organizationsTask: Task = {
  id: 'organizations',
  step: 'mirrors',
  failure: 'MOOR-SET-037',
  async run({ values, registry, clock, note }) {
    const running = registry.running()
    if (running === undefined) throw new Error('the registry does not run')
    const { people, content } = running
    const upstreams = chosenUpstreams(values.mirrors)
    const filling = {
      ...{ people, content, outbound: values.network.outbound, now: clock.now() },
      admin: await people.accounts.getUser(values.admin.username),
    }
    const reasons: string[] = []
    for (const upstream of upstreams) {
      for await (const { what, reason } of fillUpstream(upstream, filling)) {
        const line = reason === undefined ? what : `${what}: ${reason}`
        note(line)
        if (reason !== undefined) reasons.push(`${upstream.name}: ${line}`)
      }
    }
    await content.flush()
    const names = [...new Set(upstreams.map(({ organization }) => organization))]
    const line = names.length === 0 ? 'nothing is mirrored' : `organizations ${names.join(', ')}`
    if (reasons.length === 0) return line
    return { line, finding: findingOf('MOOR-SET-042', { reason: reasons.join('; ') }) }
  },
}
