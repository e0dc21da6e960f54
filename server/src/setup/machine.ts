import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { hasIPv6, systemNetwork } from '../first-start/host-names.ts'
import type { Machine } from './step.ts'

export function systemMachine({
  ownPorts,
  ...places
}: {
  dataDir: string
  configDir: string
  isDesktop: boolean
  proposedPorts?: NonNullable<Machine['proposedPorts']>
  /** Asked again each time, because the system may choose them. */
  ownPorts: () => readonly number[]
}): Machine {
  return {
    ...places,
    // Each look is a new one: a cable may have been plugged in.
    get network() {
      return systemNetwork()
    },
    platform: process.platform,
    isContainer: ['/run/.containerenv', '/.dockerenv'].some((mark) => existsSync(mark)),
    get ownPorts() {
      return ownPorts()
    },
    canBind: async (port) => ownPorts().includes(port) || canBind(port),
  }
}

function canBind(port: number): Promise<boolean> {
  const host = hasIPv6(systemNetwork()) ? '::' : '0.0.0.0'
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => {
      resolve(false)
    })
    server.listen({ port, host, exclusive: true }, () => {
      server.close(() => {
        resolve(true)
      })
    })
  })
}
