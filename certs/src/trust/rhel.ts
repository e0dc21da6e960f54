import type { TrustInstruction } from './target.ts'

export const rhel: TrustInstruction = {
  client: 'rhel',
  title: 'RHEL, Fedora, Rocky, Alma, Oracle, Amazon Linux (whole system)',
  shell: 'sh',
  check: [],
  undo: [],
  commands: [
    'sudo cp mooring-ca.crt /etc/pki/ca-trust/source/anchors/mooring.crt',
    'sudo update-ca-trust',
  ],
}
