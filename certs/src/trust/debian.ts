import type { TrustInstruction } from './target.ts'

export const debian: TrustInstruction = {
  client: 'debian',
  title: 'Debian, Ubuntu (whole system)',
  shell: 'sh',
  check: [],
  undo: [],
  commands: [
    'sudo cp mooring-ca.crt /usr/local/share/ca-certificates/mooring.crt',
    'sudo update-ca-certificates',
  ],
}
