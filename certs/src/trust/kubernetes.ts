import {
  quoted,
  replaceAsRoot,
  writeAsRoot,
  type CheckedTarget,
  type TrustInstruction,
  type TrustMirror,
} from './target.ts'

const samplePull = 'namespace/repository:tag'

export function containerd(target: CheckedTarget): TrustInstruction {
  const { registry, url, mirrors } = target
  const folders = '/etc/containerd/certs.d'
  const folder = `${folders}/${registry}`
  const ca = `${folder}/ca.crt`
  const own = [`server = "${url}"`, '', `[host."${url}"]`, `  ca = "${ca}"`]
  const mirrorHosts = ({ registry: upstream, organization }: TrustMirror) => [
    `sudo mkdir -p ${quoted(`${folders}/${upstream}`)}`,
    writeAsRoot(`${folders}/${upstream}/hosts.toml`, [
      `server = "https://${upstream === 'docker.io' ? 'registry-1.docker.io' : upstream}"`,
      '',
      `[host."${url}/v2/${organization}"]`,
      '  capabilities = ["pull", "resolve"]',
      '  override_path = true',
      `  ca = "${ca}"`,
    ]),
  ]
  return {
    client: 'containerd',
    title: 'containerd',
    shell: 'sh',
    commands: [
      `sudo mkdir -p ${quoted(folder)}`,
      `sudo cp mooring-ca.crt ${quoted(ca)}`,
      writeAsRoot(`${folder}/hosts.toml`, own),
      ...mirrors.flatMap(mirrorHosts),
    ],
    check: [`sudo crictl pull ${quoted(`${registry}/${samplePull}`)}`],
    undo: [
      ...mirrors.map((one) => `sudo rm ${quoted(`${folders}/${one.registry}/hosts.toml`)}`),
      `sudo rm -r ${quoted(folder)}`,
    ],
    note: 'needs config_path = "/etc/containerd/certs.d" in the registry section of config.toml',
  }
}

export function k3s(target: CheckedTarget): TrustInstruction {
  return rancher(target, { client: 'k3s', title: 'k3s', service: 'k3s' })
}

export function rke2(target: CheckedTarget): TrustInstruction {
  return rancher(target, { client: 'rke2', title: 'RKE2', service: 'rke2-server' })
}

function rancher(
  { registry, url, mirrors }: CheckedTarget,
  { client, title, service }: { client: 'k3s' | 'rke2'; title: string; service: string },
): TrustInstruction {
  const folder = `/etc/rancher/${client}`
  const mirrorLines = ({ registry: upstream, organization }: TrustMirror) => [
    `  ${JSON.stringify(upstream)}:`,
    `    endpoint: [${JSON.stringify(url)}]`,
    `    rewrite: {"^(.*)$": ${JSON.stringify(`${organization}/$1`)}}`,
  ]
  const file = replaceAsRoot(`${folder}/registries.yaml`, [
    ...(mirrors.length === 0 ? [] : ['mirrors:', ...mirrors.flatMap(mirrorLines)]),
    'configs:',
    `  ${JSON.stringify(registry)}:`,
    '    tls:',
    `      ca_file: ${folder}/mooring-ca.crt`,
  ])
  const restart = `sudo systemctl restart ${service}`
  return {
    client,
    title,
    shell: 'sh',
    commands: [
      `sudo mkdir -p ${folder}`,
      `sudo cp mooring-ca.crt ${folder}/mooring-ca.crt`,
      ...file.commands,
      restart,
    ],
    check: [
      `sudo ${client === 'k3s' ? 'k3s ' : ''}crictl pull ${quoted(`${registry}/${samplePull}`)}`,
    ],
    undo: [...file.undo, `sudo rm ${folder}/mooring-ca.crt`, restart],
    note: `on every node, with the service of that node (${service} or its agent); what registries.yaml held before is kept beside it and has to be merged by hand`,
  }
}

export function openShift({ registry, isIPv6, mirrors }: CheckedTarget): TrustInstruction {
  const sets = [
    ['ImageDigestMirrorSet', 'imageDigestMirrors'],
    ['ImageTagMirrorSet', 'imageTagMirrors'],
  ] as const
  const apply = mirrors.length === 0 ? [] : [applyMirrors(registry, mirrors, sets)]
  return {
    client: 'openshift',
    title: 'OpenShift',
    shell: 'sh',
    commands: isIPv6
      ? []
      : [
          `oc create configmap mooring-ca -n openshift-config --from-file=${registry.replace(':', '..')}=mooring-ca.crt`,
          'oc patch image.config.openshift.io/cluster --type=merge -p \'{"spec":{"additionalTrustedCA":{"name":"mooring-ca"}}}\'',
          ...apply,
        ],
    check: [
      "oc get image.config.openshift.io/cluster -o jsonpath='{.spec.additionalTrustedCA.name}'",
    ],
    undo: [
      'oc patch image.config.openshift.io/cluster --type=merge -p \'{"spec":{"additionalTrustedCA":null}}\'',
      'oc delete configmap mooring-ca -n openshift-config',
      ...(mirrors.length === 0 ? [] : sets.map(([kind]) => `oc delete ${kind} mooring`)),
    ],
    note: isIPv6
      ? 'OpenShift cannot name an IPv6 address here; give the registry a host name'
      : `a pull secret for it: oc get secret/pull-secret -n openshift-config --template='{{index .data ".dockerconfigjson" | base64decode}}' > pull-secret.json, then podman login --authfile pull-secret.json ${registry}, then oc set data secret/pull-secret -n openshift-config --from-file=.dockerconfigjson=pull-secret.json`,
  }
}

function applyMirrors(
  registry: string,
  mirrors: readonly TrustMirror[],
  sets: readonly (readonly [kind: string, list: string])[],
): string {
  const documents = sets.flatMap(([kind, list]) => [
    '---',
    'apiVersion: config.openshift.io/v1',
    `kind: ${kind}`,
    'metadata:',
    '  name: mooring',
    'spec:',
    `  ${list}:`,
    ...mirrors.flatMap(({ registry: source, organization }) => [
      `    - source: ${JSON.stringify(source)}`,
      `      mirrors: [${JSON.stringify(`${registry}/${organization}`)}]`,
    ]),
  ])
  return ["oc apply -f - <<'END'", ...documents, 'END'].join('\n')
}
