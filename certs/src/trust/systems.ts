import {
  powerShellQuoted,
  systemCheck,
  type CheckedTarget,
  type TrustInstruction,
} from './target.ts'

export function systems(target: CheckedTarget): readonly TrustInstruction[] {
  const check = systemCheck(target)
  const updateCaCertificates = (folder: string) => ({
    shell: 'sh' as const,
    commands: [`sudo cp mooring-ca.crt ${folder}/mooring.crt`, 'sudo update-ca-certificates'],
    check,
    undo: [`sudo rm ${folder}/mooring.crt`, 'sudo update-ca-certificates --fresh'],
  })
  return [
    {
      client: 'debian',
      title: 'Debian, Ubuntu (whole system)',
      ...updateCaCertificates('/usr/local/share/ca-certificates'),
    },
    {
      client: 'rhel',
      title: 'RHEL, Fedora, Rocky, Alma, Oracle, Amazon Linux (whole system)',
      shell: 'sh',
      commands: [
        'sudo cp mooring-ca.crt /etc/pki/ca-trust/source/anchors/mooring.crt',
        'sudo update-ca-trust',
      ],
      check,
      undo: ['sudo rm /etc/pki/ca-trust/source/anchors/mooring.crt', 'sudo update-ca-trust'],
    },
    {
      client: 'suse',
      title: 'SUSE, openSUSE (whole system)',
      ...updateCaCertificates('/etc/pki/trust/anchors'),
      undo: ['sudo rm /etc/pki/trust/anchors/mooring.crt', 'sudo update-ca-certificates'],
    },
    {
      client: 'alpine',
      title: 'Alpine (whole system)',
      ...updateCaCertificates('/usr/local/share/ca-certificates'),
      note: 'needs the package ca-certificates',
    },
    {
      client: 'arch',
      title: 'Arch (whole system)',
      shell: 'sh',
      commands: ['sudo trust anchor mooring-ca.crt'],
      check,
      undo: ['sudo trust anchor --remove mooring-ca.crt'],
    },
    windows(target),
    {
      client: 'macos',
      title: 'macOS (whole system)',
      shell: 'sh',
      commands: [
        'sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain mooring-ca.crt',
      ],
      check,
      undo: ['sudo security remove-trusted-cert -d mooring-ca.crt'],
    },
  ]
}

function windows({ url }: CheckedTarget): TrustInstruction {
  const address = powerShellQuoted(`${url}/ca.crt`)
  return {
    client: 'windows',
    title: 'Windows (whole system)',
    shell: 'ps1',
    commands: [
      'Import-Certificate -FilePath mooring-ca.crt -CertStoreLocation Cert:\\LocalMachine\\Root',
    ],
    check: [`(Invoke-WebRequest -UseBasicParsing -Uri ${address}).StatusCode`],
    undo: [
      'Remove-Item "Cert:\\LocalMachine\\Root\\$((Get-PfxCertificate -FilePath mooring-ca.crt).Thumbprint)"',
    ],
    note: 'run it in a PowerShell of an administrator; in a command prompt: certutil -addstore -f Root mooring-ca.crt; for many machines: group policy, Trusted Root Certification Authorities',
  }
}
