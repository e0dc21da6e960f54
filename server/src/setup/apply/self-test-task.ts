import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { certificatesIn, describeCertificate } from '@mooring/certs'
import { system } from '../../features/audit/audit-log.ts'
import { isProblem } from '../../problem.ts'
import type { AccountServices } from '../../wiring/accounts.ts'
import { registryTrial, type TrialTarget } from './registry-trial.ts'
import type { Task, TaskContext } from './task.ts'

/** Names of what the test needs for a moment; a test that was cut short is found by them. */
const trialTitle = 'setup self-test'
const trialRepository = 'setup-self-test'

/** Signs in, pushes, pulls and deletes through every address, trusting the new authority alone. */
export const selfTestTask: Task = {
  id: 'self-test',
  step: 'network',
  failure: 'MOOR-SET-036',
  async run(context) {
    const { values, registry, note, signal } = context
    const running = registry.running()
    if (running === undefined) throw new Error('the registry does not run')
    const { accounts, appTokens } = running.people
    const admin = await accounts.getUser(values.admin.username)
    await removeRemains(running.people, values.admin.username)
    const { code } = await appTokens.create(admin, trialTitle, system)
    try {
      const targets = await trialTargets(context)
      for (const target of targets) {
        const begun = context.clock.now()
        await registryTrial({
          ...{ target, signal },
          login: { username: '$app', password: code },
          repository: `${values.admin.username}/${trialRepository}`,
        })
        note(`${target.host}: pushed, pulled and deleted in ${context.clock.now() - begun} ms`)
      }
      return `works through ${targets.map(({ host }) => host).join(', ')}`
    } finally {
      await removeRemains(running.people, values.admin.username)
    }
  },
}

async function removeRemains(people: AccountServices, username: string): Promise<void> {
  const { accounts, appTokens, repositories } = people
  const admin = await accounts.getUser(username)
  for await (const tokens of appTokens.listAll()) {
    for (const token of tokens) {
      if (token.user_id === admin.id && token.title === trialTitle) {
        await appTokens.revoke(admin, token.uuid, system)
      }
    }
  }
  try {
    const repository = await repositories.get(`${username}/${trialRepository}`)
    await repositories.delete(repository, system)
  } catch (error) {
    if (!isProblem(error, 'repository-unknown')) throw error
  }
}

async function trialTargets(context: TaskContext): Promise<readonly TrialTarget[]> {
  const { values, machine, configDir, note } = context
  const { identity, network } = values
  const served = await readFile(path.join(configDir, 'ssl.cert'), 'utf8')
  const trusted = await readFile(path.join(configDir, 'ca.crt'), 'utf8').catch(() => served)
  const names = new Set(describeCertificate(served).names)
  const own = new Set(machine.network.addresses.map(({ address }) => address))

  const listens = (address: string) =>
    network.addresses.length === 0
      ? network.family === 'dual-stack' || (network.family === 'IPv6') === address.includes(':')
      : network.addresses.includes(address)
  const loopback = own.has('::1') ? ['127.0.0.1', '::1'] : ['127.0.0.1']
  const reachable = [...new Set([...loopback, ...identity.addresses, ...network.addresses])].filter(
    (address) => listens(address) && (own.has(address) || loopback.includes(address)),
  )
  const resolved = await machine.network.resolve(identity.primaryName)
  const byName = resolved.some((address) => own.has(address) && listens(address))
  if (!byName) note(`${identity.primaryName} does not lead to this host yet; tested by address`)
  const hosts = [...reachable, ...(byName ? [identity.primaryName] : [])]
  return [...new Set(hosts)].map((host) => ({
    host,
    port: network.httpsPort,
    /** A certificate from elsewhere need not carry every address of this host. */
    nameInCertificate: names.has(host) ? host : identity.primaryName,
    ca: certificatesIn(trusted),
  }))
}
