import { quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function docker({ registry }: CheckedTarget): TrustInstruction {
  const folder = `/etc/docker/certs.d/${registry}`
  return {
    client: 'docker',
    title: 'Docker Engine',
    shell: 'sh',
    check: [],
    undo: [],
    commands: [
      `sudo mkdir -p ${quoted(folder)}`,
      `sudo cp mooring-ca.crt ${quoted(`${folder}/ca.crt`)}`,
    ],
    note: `no restart needed; Docker Desktop: ~/.docker/certs.d/${registry}/ca.crt, then restart it`,
  }
}
