import type { FieldErrors } from '../../contract/setup.ts'
import { parseUpstreamReference } from '../../features/mirrors/upstream-reference.ts'
import { isProblem } from '../../problem.ts'
import { chosenUpstreams, placeOf, type ChosenUpstream } from '../first-content.ts'
import type { RevealedValues } from '../step.ts'

/** What the fields of several upstreams say about each other, and names that no registry has. */
export function mirrorFaults(values: RevealedValues['mirrors']): FieldErrors {
  const names = values.upstreams.map(({ name }) => name)
  const chosen = chosenUpstreams(values)
  return [
    ...names.flatMap((name, index) =>
      names.indexOf(name) < index
        ? [{ field: `upstreams.${index}.name`, text: 'must differ from the other names' }]
        : [],
    ),
    ...chosen.flatMap((_upstream, index) => organizationFaults(chosen, index)),
    ...contentFaults(chosen),
  ]
}

/** An organization that is a cache holds nothing else. */
function organizationFaults(chosen: readonly ChosenUpstream[], index: number): FieldErrors {
  const earlier = chosen
    .slice(0, index)
    .filter(({ organization }) => organization === chosen[index]?.organization)
  const [first] = earlier
  if (first === undefined) return []
  if (first.mode !== 'cache' && chosen[index]?.mode !== 'cache') return []
  return [{ field: `upstreams.${index}.organization`, text: 'must not be that of a cache' }]
}

function contentFaults(chosen: readonly ChosenUpstream[]): FieldErrors {
  const seen = new Set<string>()
  const faults: FieldErrors = []
  chosen.forEach((upstream, at) => {
    if (upstream.mode !== 'schedule') return
    upstream.content.forEach(({ repository }, index) => {
      const field = `upstreams.${at}.content.${index}.repository`
      const target = `${upstream.organization}/${repository}`
      if (!isRepository(upstream, repository)) {
        faults.push({ field, text: 'must be a repository such as library/busybox, without a tag' })
      } else if (seen.has(target)) {
        faults.push({ field, text: 'must differ from the other repositories' })
      }
      seen.add(target)
    })
  })
  return faults
}

function isRepository(upstream: ChosenUpstream, repository: string): boolean {
  try {
    parseUpstreamReference(`${placeOf(upstream)}/${repository}`)
    return true
  } catch (error) {
    if (!isProblem(error)) throw error
    return false
  }
}
