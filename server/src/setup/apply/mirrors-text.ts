import { stringify } from 'yaml'
import type { SecretBox } from '../../features/accounts/secret-box.ts'
import type { RevealedValues } from '../step.ts'

/** The short name of the robot that writes what a mirror fetches. */
export const mirrorRobot = 'mirror'

const header = `# Upstream registries and what is mirrored from them, as chosen during setup.
#
# mode: connected (mirrors run here), disconnected (content comes in bundles), both
# outbound: how this host reaches other registries: direct, proxy (with its addresses), none
# upstreams: one entry for each registry
#   mode: cache (fetched when somebody asks) or schedule (fetched by plan, see content)
#   organization, robot: where its images appear, and the account that writes them
#   password: sealed with DATABASE_SECRET_KEY (v1$$ and base64), null without a login
#   content: repository, tags (globs), newest (null: all), architectures ([]: all), everyHours

`

/** mirrors.yaml: nothing in it runs until the mirroring engine reads it. */
export function mirrorsText(values: RevealedValues, secretBox: Pick<SecretBox, 'seal'>): string {
  const { mode, upstreams } = values.mirrors
  const entries = upstreams.map(({ password, ...upstream }) => ({
    ...upstream,
    password: password === null ? null : secretBox.seal(password),
    robot: `${upstream.organization}+${mirrorRobot}`,
  }))
  const content = { version: 1, mode, outbound: values.network.outbound, upstreams: entries }
  return header + stringify(content, { lineWidth: 0 })
}
