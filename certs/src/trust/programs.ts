import { quoted, replaceAsRoot, type CheckedTarget, type TrustInstruction } from './target.ts'

export function programs(target: CheckedTarget): readonly TrustInstruction[] {
  return [
    firefox(),
    node(target),
    python(target),
    java(target),
    git(target),
    helm(target),
    oras(target),
  ]
}

function firefox(): TrustInstruction {
  const folder = '/etc/firefox/policies'
  const policies = { policies: { Certificates: { Install: [`${folder}/mooring-ca.crt`] } } }
  const file = replaceAsRoot(`${folder}/policies.json`, [JSON.stringify(policies, null, 2)])
  return {
    client: 'firefox',
    title: 'Firefox (Linux, by policy)',
    shell: 'sh',
    commands: [
      `sudo mkdir -p ${folder}`,
      `sudo cp mooring-ca.crt ${folder}/mooring-ca.crt`,
      ...file.commands,
    ],
    check: ['firefox about:policies'],
    undo: [...file.undo, `sudo rm ${folder}/mooring-ca.crt`],
    note: 'restart Firefox; by hand: Settings, Privacy & Security, View Certificates, Authorities, Import; policies that were there before are kept beside the file and have to be merged by hand',
  }
}

function node({ url }: CheckedTarget): TrustInstruction {
  return {
    client: 'node',
    title: 'Node.js',
    shell: 'sh',
    commands: ['export NODE_EXTRA_CA_CERTS="$PWD/mooring-ca.crt"'],
    check: [`node -e ${quoted(`fetch("${url}/ca.crt").then(() => console.log("trusted"))`)}`],
    undo: ['unset NODE_EXTRA_CA_CERTS'],
    note: 'put the line into the environment of the service or the profile of the shell to keep it',
  }
}

function python({ url }: CheckedTarget): TrustInstruction {
  const program = `import requests; requests.get("${url}/ca.crt").raise_for_status(); print("trusted")`
  return {
    client: 'python',
    title: 'Python (requests, pip)',
    shell: 'sh',
    commands: ['export REQUESTS_CA_BUNDLE="$PWD/mooring-ca.crt"'],
    check: [`python3 -c ${quoted(program)}`],
    undo: ['unset REQUESTS_CA_BUNDLE'],
    note: 'the file takes the place of the public authorities: append them to it when they are needed too; other libraries read SSL_CERT_FILE',
  }
}

function java({ registry }: CheckedTarget): TrustInstruction {
  const host = registry.replace(/:[0-9]+$/, '')
  const port = /:([0-9]+)$/.exec(registry)?.[1] ?? '443'
  return {
    client: 'java',
    title: 'Java',
    shell: 'sh',
    commands: [
      'sudo keytool -importcert -noprompt -cacerts -storepass changeit -alias mooring -file mooring-ca.crt',
    ],
    check: [
      'keytool -list -cacerts -storepass changeit -alias mooring',
      `keytool -printcert -sslserver ${quoted(`${host}:${port}`)}`,
    ],
    undo: ['sudo keytool -delete -cacerts -storepass changeit -alias mooring'],
    note: 'the store of the Java that keytool belongs to; its password is changeit unless somebody changed it',
  }
}

function git({ url }: CheckedTarget): TrustInstruction {
  const key = quoted(`http.${url}/.sslCAInfo`)
  return {
    client: 'git',
    title: 'Git',
    shell: 'sh',
    commands: [`git config --global ${key} "$PWD/mooring-ca.crt"`],
    check: [`git config --global --get ${key}`],
    undo: [`git config --global --unset ${key}`],
  }
}

function helm({ registry }: CheckedTarget): TrustInstruction {
  const word = quoted(registry)
  return {
    client: 'helm',
    title: 'Helm',
    shell: 'sh',
    commands: [`helm registry login --ca-file mooring-ca.crt ${word}`],
    check: [
      `helm show chart --ca-file mooring-ca.crt ${quoted(`oci://${registry}/namespace/chart`)}`,
    ],
    undo: [`helm registry logout ${word}`],
    note: 'push, pull and install take --ca-file too; the chart of the check has to be there',
  }
}

function oras({ registry }: CheckedTarget): TrustInstruction {
  const word = quoted(registry)
  return {
    client: 'oras',
    title: 'ORAS',
    shell: 'sh',
    commands: [`oras login --ca-file mooring-ca.crt ${word}`],
    check: [`oras repo ls --ca-file mooring-ca.crt ${word}`],
    undo: [`oras logout ${word}`],
    note: 'push, pull and copy take --ca-file too',
  }
}
