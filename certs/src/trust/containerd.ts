import { quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function containerd({ registry }: CheckedTarget): TrustInstruction {
  const folder = `/etc/containerd/certs.d/${registry}`
  const server = `https://${registry}`
  const hosts = `server = "${server}"\\n\\n[host."${server}"]\\n  ca = "${folder}/ca.crt"\\n`
  return {
    client: 'containerd',
    title: 'containerd',
    shell: 'sh',
    check: [],
    undo: [],
    commands: [
      `sudo mkdir -p ${quoted(folder)}`,
      `sudo cp mooring-ca.crt ${quoted(`${folder}/ca.crt`)}`,
      `printf '${hosts}' | sudo tee ${quoted(`${folder}/hosts.toml`)} >/dev/null`,
    ],
    note: 'needs config_path = "/etc/containerd/certs.d" in the registry section of config.toml',
  }
}
