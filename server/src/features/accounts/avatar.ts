import { createHash } from 'node:crypto'

export type AvatarKind = 'user' | 'robot' | 'org' | 'team' | 'app'

export interface Avatar {
  readonly name: string
  readonly hash: string
  readonly color: string
  readonly kind: AvatarKind
}

const palette = (
  '969696 aec7e8 ff7f0e ffbb78 2ca02c 98df8a d62728 ff9896 9467bd c5b0d5 8c564b c49c94 e377c2 ' +
  'f7b6d2 7f7f7f c7c7c7 bcbd22 1f77b4 17becf 9edae5 393b79 5254a3 6b6ecf 9c9ede 9ecae1 31a354 ' +
  'b5cf6b a1d99b 8c6d31 ad494a e7ba52 a55194'
).split(' ')

export type Avatars = ReturnType<typeof createAvatars>

/** Pictures that clients draw from a hash and a color (api-shapes, 1.9); AVATAR_KIND picks the hash. */
export function createAvatars({ avatarKind }: { avatarKind: 'local' | 'gravatar' }) {
  const algorithm = avatarKind === 'gravatar' ? 'md5' : 'sha256'

  function avatar(kind: AvatarKind, name: string, email: string | null = null): Avatar {
    const source = (email ?? name).trim().toLowerCase()
    const hash = createHash(algorithm).update(source).digest('hex')
    const color = palette[Number.parseInt(hash.slice(0, 2), 16) % palette.length] ?? ''
    return { name, hash, color: `#${color}`, kind }
  }

  return {
    avatar,

    /** Of an account, whatever it is. */
    of: (account: {
      readonly username: string
      readonly email?: string | null
      readonly contact_email?: string | null
      readonly organization: number
      readonly robot: number
    }): Avatar =>
      account.organization === 1
        ? avatar('org', account.username, account.contact_email ?? null)
        : avatar(account.robot === 1 ? 'robot' : 'user', account.username, account.email ?? null),

    /** Teams are always known by their name. */
    ofTeam: (name: string): Avatar => avatar('team', name),
  }
}
