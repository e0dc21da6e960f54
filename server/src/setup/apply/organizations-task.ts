import path from 'node:path'
import { system } from '../../features/audit/audit-log.ts'
import { writeFileDurably } from '../../platform/files.ts'
import { mirrorRobot, mirrorsText } from './mirrors-text.ts'
import type { Task } from './task.ts'

export const organizationsTask: Task = {
  id: 'organizations',
  step: 'mirrors',
  failure: 'MOOR-SET-037',
  async run({ values, configDir, registry, note }) {
    const people = registry.running()?.people
    if (people === undefined) throw new Error('the registry does not run')
    const { accounts, organizations, robots, secretBox } = people
    const admin = await accounts.getUser(values.admin.username)

    const names = [...new Set(values.mirrors.upstreams.map(({ organization }) => organization))]
    for (const name of names) {
      const organization =
        (await organizations.find(name)) ??
        (await organizations.create({ name }, admin.id, {
          principal: accounts.principalOf(admin),
        }))
      if ((await accounts.find(`${name}+${mirrorRobot}`)) === undefined) {
        const robot = { shortName: mirrorRobot, description: 'writes what is mirrored' }
        await robots.create(organization, robot, system)
      }
      note(`organization ${name}`)
    }
    const text = mirrorsText(values, secretBox)
    await writeFileDurably(path.join(configDir, 'mirrors.yaml'), text, 0o600)
    return names.length === 0 ? 'nothing is mirrored' : `organizations ${names.join(', ')}`
  },
}
