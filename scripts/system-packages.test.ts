import { describe, expect, it } from 'vitest'
import {
  explainMissing,
  groupsNeeded,
  missingPackages,
  systemPackages,
  type ToolGroup,
} from './system-packages.ts'

describe('groupsNeeded', () => {
  it.each<[string[], ToolGroup[]]>([
    [[], ['browser', 'clients', 'database']],
    [
      ['server/src/db', '-t', 'upgrades'],
      ['browser', 'clients', 'database'],
    ],
    [['--project', 'clients'], ['clients']],
    [['--project', 'e2e'], ['browser']],
    [['--project=unit'], ['database']],
    [
      ['--project', 'unit', '--project', 'clients'],
      ['clients', 'database'],
    ],
    [['--project', 'conformance'], []],
  ])('of %j are %j', (args, groups) => {
    expect([...groupsNeeded(args)].sort()).toEqual(groups)
  })
})

describe('missing packages', () => {
  const all = new Set<ToolGroup>(['browser', 'clients', 'database'])

  it('are none when every program is there', () => {
    expect(missingPackages(all, () => true)).toEqual([])
  })

  it('are only those of the groups asked for', () => {
    expect(missingPackages(new Set(['database']), () => false).map(({ name }) => name)).toEqual([
      'postgresql',
      'redis-server',
    ])
    expect(missingPackages(new Set(), () => false)).toEqual([])
    expect(missingPackages(all, () => false)).toEqual(systemPackages)
  })

  it('accept any supported version of PostgreSQL', () => {
    const only15 = (file: string) => !file.includes('/postgresql/') || file.includes('/15/')
    expect(missingPackages(new Set(['database']), only15)).toEqual([])
  })

  it('are explained in one line a group', () => {
    const some = systemPackages.filter(({ name }) =>
      ['postgresql', 'podman', 'runc'].includes(name),
    )
    expect(explainMissing(some, 'only root can install them')).toEqual([
      'left out: the tests on these database servers (missing: postgresql; only root can install them)',
      'left out: tests with these container clients (missing: podman, runc; only root can install them)',
    ])
  })
})
