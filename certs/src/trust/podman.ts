import { quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function podman({ registry }: CheckedTarget): TrustInstruction {
  const folder = `/etc/containers/certs.d/${registry}`
  return {
    client: 'podman',
    title: 'Podman, Buildah, Skopeo',
    shell: 'sh',
    check: [],
    undo: [],
    commands: [
      `sudo mkdir -p ${quoted(folder)}`,
      `sudo cp mooring-ca.crt ${quoted(`${folder}/ca.crt`)}`,
    ],
    note: `without root: ~/.config/containers/certs.d/${registry}/ca.crt; on Windows and macOS inside "podman machine ssh"`,
  }
}
