import type { Output } from '../../api/operations.ts'

type Members = Output<'GET /api/v1/organization/{orgname}/team/{teamname}/members'>['members']

export interface TeamPerson {
  /** An invitation by mail is named by its address. */
  readonly name: string
  readonly kind: 'user' | 'robot' | 'invited'
  readonly isEmail: boolean
  readonly avatar: Members[number]['avatar']
}

export const memberViews = ['all', 'user', 'robot', 'invited'] as const
export type MemberView = (typeof memberViews)[number]

export function teamPeople(members: Members): readonly TeamPerson[] {
  return members.map((member) =>
    member.kind === 'invite'
      ? { name: member.email, kind: 'invited', isEmail: true, avatar: member.avatar }
      : {
          name: member.name,
          kind: member.invited ? 'invited' : member.is_robot ? 'robot' : 'user',
          isEmail: false,
          avatar: member.avatar,
        },
  )
}

/** The server sends all of a team at once; what is shown of it is chosen here. */
export function shownPeople(
  people: readonly TeamPerson[],
  { view, search, order }: { view: MemberView; search: string; order: 'asc' | 'desc' },
): readonly TeamPerson[] {
  const text = search.toLowerCase()
  const found = people.filter(
    ({ name, kind }) => (view === 'all' || view === kind) && name.toLowerCase().includes(text),
  )
  const sorted = found.toSorted((a, b) => a.name.localeCompare(b.name))
  return order === 'desc' ? sorted.toReversed() : sorted
}
