interface Written {
  readonly path: string
  readonly volumes: readonly { readonly name: string }[]
}

const quoted = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
const enter = ({ path }: Written) => `cd ${quoted(path.slice(path.lastIndexOf('/') + 1))}`

function shapeOf({ volumes }: Written): 'encrypted' | 'tar' | 'folders' | 'folder' {
  if (volumes.some(({ name }) => name.endsWith('.age'))) return 'encrypted'
  if (volumes.some(({ name }) => name.endsWith('.tar'))) return 'tar'
  return volumes.some(({ name }) => name.startsWith('vol-')) ? 'folders' : 'folder'
}

const open = 'age -d -i key.txt "$v" | tar -xC'
const check = {
  encrypted: [
    'sha256sum -c *.sha256',
    `for v in *.age; do d="\${v%.tar.age}"; mkdir "$d" && ${open} "$d"; done`,
    'for v in *.age; do (cd "${v%.tar.age}" && sha256sum -c SHA256SUMS); done',
  ],
  tar: [
    'for v in *.tar; do mkdir "${v%.tar}" && tar -xf "$v" -C "${v%.tar}"; done',
    'for v in *.tar; do (cd "${v%.tar}" && sha256sum -c SHA256SUMS); done',
  ],
  folders: ['for v in vol-*; do (cd "$v" && sha256sum -c SHA256SUMS); done'],
  folder: ['sha256sum -c SHA256SUMS'],
} as const
const join = {
  encrypted: ['mkdir whole', `for v in *.age; do ${open} whole; done`, 'cd whole'],
  tar: ['mkdir whole', 'for v in *.tar; do tar -xf "$v" -C whole; done', 'cd whole'],
  folders: ['mkdir whole', 'for v in vol-*; do cp -rn "$v/." whole/; done', 'cd whole'],
  folder: [],
} as const

/** How a bundle is checked with nothing of ours. */
export const checkLines = (written: Written): string =>
  [enter(written), ...check[shapeOf(written)]].join('\n')

/** How its images are loaded with skopeo. */
export const loadLines = (written: Written): string =>
  [
    enter(written),
    ...join[shapeOf(written)],
    `jq -r '.manifests[].annotations["org.opencontainers.image.ref.name"]' index.json`,
    'skopeo copy --all oci:.:REFERENCE docker://REGISTRY/ORGANIZATION/NAME:TAG',
  ].join('\n')
