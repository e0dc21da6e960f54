import { containerTools } from './container-tools.ts'
import { fetchAndCompare } from './fetch.ts'
import { containerd, k3s, openShift, rke2 } from './kubernetes.ts'
import { programs } from './programs.ts'
import { ansible, cloudInit, ignition, talos } from './provisioning.ts'
import { systems } from './systems.ts'
import { checkTarget, trustClients, type TrustInstruction, type TrustTarget } from './target.ts'

export { trustClients } from './target.ts'
export type { TrustClient, TrustInstruction, TrustMirror, TrustTarget } from './target.ts'

/**
 * How each kind of client is made to trust a server's authority, with the real address filled in,
 * in the order of `trustClients`. The first entry fetches the certificate that the others install.
 * @throws CertificateError `name-invalid`
 */
export function trustInstructions(target: TrustTarget): readonly TrustInstruction[] {
  const checked = checkTarget(target)
  const all = [
    fetchAndCompare(checked),
    ...containerTools(checked),
    ...systems(checked),
    containerd(checked),
    k3s(checked),
    rke2(checked),
    openShift(checked),
    talos(),
    ignition(checked),
    cloudInit(checked),
    ansible(checked),
    ...programs(checked),
  ]
  return trustClients.flatMap((client) => all.filter((one) => one.client === client))
}

/**
 * One instruction as a script, to be named `<client>.sh` or `<client>.ps1`. It stops at the first
 * command that fails, and ends with what to check and how to take it back.
 */
export function trustScript({
  title,
  shell,
  commands,
  check,
  undo,
  note,
}: TrustInstruction): string {
  const start = shell === 'sh' ? ['#!/bin/sh', 'set -eu'] : ["$ErrorActionPreference = 'Stop'"]
  const comment = (heading: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : [
          '',
          `# ${heading}`,
          ...lines.flatMap((line) => line.split('\n')).map((line) => `#   ${line}`),
        ]
  return [
    ...start,
    `# ${title}`,
    ...comment('Note:', note === undefined ? [] : [note]),
    '',
    ...commands,
    ...comment('To check:', check),
    ...comment('To undo:', undo),
    '',
  ].join('\n')
}
