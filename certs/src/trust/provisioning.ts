import { quoted, systemCheck, type CheckedTarget, type TrustInstruction } from './target.ts'

/** A file here, with the certificate where it says so; the machines read it when they are made. */
function withCertificate(file: string, head: readonly string[], indent: number): string {
  const lines = head.map((line) => `'${line.replaceAll("'", "'\\''")}'`).join(' ')
  const spaces = ' '.repeat(indent)
  return `{ printf '%s\\n' ${lines}; sed 's/^/${spaces}/' mooring-ca.crt; } > ${file}`
}

export function talos(): TrustInstruction {
  const head = [
    'apiVersion: v1alpha1',
    'kind: TrustedRootsConfig',
    'name: mooring',
    'certificates: |',
  ]
  return {
    client: 'talos',
    title: 'Talos',
    shell: 'sh',
    commands: [
      withCertificate('mooring-trust.yaml', head, 2),
      'talosctl patch machineconfig --patch @mooring-trust.yaml',
    ],
    check: ['talosctl get machineconfig -o yaml | grep -A1 TrustedRootsConfig'],
    undo: [
      `printf '%s\\n' 'apiVersion: v1alpha1' 'kind: TrustedRootsConfig' 'name: mooring' '$patch: delete' > mooring-trust.yaml`,
      'talosctl patch machineconfig --patch @mooring-trust.yaml',
    ],
    note: 'give talosctl the nodes with --nodes',
  }
}

export function ignition(target: CheckedTarget): TrustInstruction {
  const head = [
    'variant: flatcar',
    'version: 1.0.0',
    'storage:',
    '  files:',
    '    - path: /etc/ssl/certs/mooring.pem',
    '      mode: 0644',
    '      contents:',
    '        inline: |',
  ]
  return {
    client: 'ignition',
    title: 'Flatcar and other Ignition machines',
    shell: 'sh',
    commands: [withCertificate('mooring.bu', head, 10), 'butane --strict mooring.bu > mooring.ign'],
    check: systemCheck(target),
    undo: ['rm mooring.bu mooring.ign'],
    note: 'give mooring.ign to machines when they are made; Fedora CoreOS: variant fcos, version 1.5.0, path /etc/pki/ca-trust/source/anchors/mooring.crt; the check is for the machine',
  }
}

export function cloudInit(target: CheckedTarget): TrustInstruction {
  const head = ['#cloud-config', 'ca_certs:', '  trusted:', '    - |']
  return {
    client: 'cloud-init',
    title: 'cloud-init',
    shell: 'sh',
    commands: [withCertificate('mooring-user-data.yaml', head, 6)],
    check: systemCheck(target),
    undo: ['rm mooring-user-data.yaml'],
    note: 'give the file to machines as user data when they are made; the check is for the machine',
  }
}

export function ansible(target: CheckedTarget): TrustInstruction {
  const playbook = [
    '- hosts: all',
    '  become: true',
    '  tasks:',
    '    - name: Trust the registry (Debian)',
    '      when: ansible_facts.os_family == "Debian"',
    '      ansible.builtin.copy:',
    '        src: mooring-ca.crt',
    '        dest: /usr/local/share/ca-certificates/mooring.crt',
    '        mode: "0644"',
    '      notify: update-ca-certificates',
    '    - name: Trust the registry (Red Hat)',
    '      when: ansible_facts.os_family == "RedHat"',
    '      ansible.builtin.copy:',
    '        src: mooring-ca.crt',
    '        dest: /etc/pki/ca-trust/source/anchors/mooring.crt',
    '        mode: "0644"',
    '      notify: update-ca-trust',
    '  handlers:',
    '    - name: update-ca-certificates',
    '      ansible.builtin.command: update-ca-certificates',
    '    - name: update-ca-trust',
    '      ansible.builtin.command: update-ca-trust',
  ]
  return {
    client: 'ansible',
    title: 'Ansible',
    shell: 'sh',
    commands: [
      ["cat > trust-mooring.yaml <<'END'", ...playbook, 'END'].join('\n'),
      'ansible-playbook trust-mooring.yaml',
    ],
    check: [`ansible all -m ansible.builtin.uri -a ${quoted(`url=${target.url}/ca.crt`)}`],
    undo: [
      "ansible all -b -m ansible.builtin.shell -a 'rm -f /usr/local/share/ca-certificates/mooring.crt /etc/pki/ca-trust/source/anchors/mooring.crt; update-ca-certificates --fresh || update-ca-trust'",
    ],
  }
}
