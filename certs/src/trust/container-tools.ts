import { powerShellQuoted, quoted, type CheckedTarget, type TrustInstruction } from './target.ts'

export function containerTools(target: CheckedTarget): readonly TrustInstruction[] {
  return [
    podman(target),
    podmanRootless(target),
    podmanMachine(target),
    docker(target),
    dockerDesktop(target),
    dockerWindows(target),
    crio(target),
  ]
}

/** `<where>/<registry>/ca.crt`, which is all that these tools need. */
function certificateFolder(folder: string) {
  return {
    shell: 'sh' as const,
    commands: [
      `sudo mkdir -p ${quoted(folder)}`,
      `sudo cp mooring-ca.crt ${quoted(`${folder}/ca.crt`)}`,
    ],
    undo: [`sudo rm ${quoted(`${folder}/ca.crt`)}`],
  }
}

function homeFolder(folder: string, registry: string) {
  const path = `~/${folder}/${quoted(registry)}`
  return {
    shell: 'sh' as const,
    commands: [`mkdir -p ${path}`, `cp mooring-ca.crt ${path}/ca.crt`],
    undo: [`rm ${path}/ca.crt`],
  }
}

function podman({ registry }: CheckedTarget): TrustInstruction {
  return {
    client: 'podman',
    title: 'Podman, Buildah, Skopeo',
    ...certificateFolder(`/etc/containers/certs.d/${registry}`),
    check: [`podman login ${quoted(registry)}`],
    note: `without root: ~/.config/containers/certs.d/${registry}/ca.crt; on Windows and macOS inside "podman machine ssh"`,
  }
}

function podmanRootless({ registry }: CheckedTarget): TrustInstruction {
  return {
    client: 'podman-rootless',
    title: 'Podman, Buildah, Skopeo without root',
    ...homeFolder('.config/containers/certs.d', registry),
    check: [`podman login ${quoted(registry)}`],
  }
}

function podmanMachine({ registry }: CheckedTarget): TrustInstruction {
  const folder = `/etc/containers/certs.d/${registry}`
  const file = quoted(`${folder}/ca.crt`)
  const store = `sudo mkdir -p ${quoted(folder)} && sudo tee ${file} >/dev/null`
  return {
    client: 'podman-machine',
    title: 'Podman on Windows and macOS (Podman machine)',
    shell: 'sh',
    commands: [`podman machine ssh ${quoted(store)} < mooring-ca.crt`],
    check: [`podman login ${quoted(registry)}`],
    undo: [`podman machine ssh ${quoted(`sudo rm ${file}`)}`],
    note: 'in PowerShell: Get-Content mooring-ca.crt | podman machine ssh …',
  }
}

function docker({ registry }: CheckedTarget): TrustInstruction {
  return {
    client: 'docker',
    title: 'Docker Engine',
    ...certificateFolder(`/etc/docker/certs.d/${registry}`),
    check: [`docker login ${quoted(registry)}`],
    note: `no restart needed; Docker Desktop: ~/.docker/certs.d/${registry}/ca.crt, then restart it`,
  }
}

function dockerDesktop({ registry }: CheckedTarget): TrustInstruction {
  return {
    client: 'docker-desktop',
    title: 'Docker Desktop on macOS and Linux',
    ...homeFolder('.docker/certs.d', registry),
    check: [`docker login ${quoted(registry)}`],
    note: 'restart Docker Desktop afterwards; trusting the CA in the whole system serves as well',
  }
}

function dockerWindows({ registry }: CheckedTarget): TrustInstruction {
  // A colon is no character of a Windows path; Docker leaves it out.
  const folder = `C:\\ProgramData\\docker\\certs.d\\${registry.replaceAll(':', '')}`
  return {
    client: 'docker-windows',
    title: 'Docker Engine on Windows',
    shell: 'ps1',
    commands: [
      `New-Item -ItemType Directory -Force -Path ${powerShellQuoted(folder)} | Out-Null`,
      `Copy-Item -Path mooring-ca.crt -Destination ${powerShellQuoted(`${folder}\\ca.crt`)}`,
    ],
    check: [`docker login ${powerShellQuoted(registry)}`],
    undo: [`Remove-Item -LiteralPath ${powerShellQuoted(`${folder}\\ca.crt`)}`],
    note: 'run it in a PowerShell of an administrator',
  }
}

function crio({ registry }: CheckedTarget): TrustInstruction {
  return {
    client: 'crio',
    title: 'CRI-O',
    ...certificateFolder(`/etc/containers/certs.d/${registry}`),
    check: [`sudo crictl pull ${quoted(`${registry}/namespace/repository:tag`)}`],
    note: 'no restart needed; the image of the check has to be there',
  }
}
