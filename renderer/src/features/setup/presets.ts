import { noUpstream, type UpstreamDraft } from './drafts.ts'

interface Preset {
  readonly key: string
  /** As the service calls itself. */
  readonly title: string
  readonly url: string
  readonly organization: string
  /** Further names under which clients and pull secrets know it. */
  readonly hosts?: readonly string[]
}

export const presets: readonly Preset[] = [
  {
    key: 'docker-hub',
    title: 'Docker Hub',
    url: 'https://registry-1.docker.io',
    organization: 'docker-hub',
    hosts: ['docker.io', 'index.docker.io', 'registry.hub.docker.com'],
  },
  { key: 'quay', title: 'Quay.io', url: 'https://quay.io', organization: 'quay-io' },
  { key: 'github', title: 'GitHub', url: 'https://ghcr.io', organization: 'ghcr' },
  {
    key: 'kubernetes',
    title: 'registry.k8s.io',
    url: 'https://registry.k8s.io',
    organization: 'k8s',
  },
  {
    key: 'microsoft',
    title: 'Microsoft',
    url: 'https://mcr.microsoft.com',
    organization: 'microsoft',
  },
  { key: 'red-hat', title: 'Red Hat', url: 'https://registry.redhat.io', organization: 'redhat' },
  { key: 'google', title: 'Google', url: 'https://gcr.io', organization: 'google' },
  {
    key: 'amazon-ecr-public',
    title: 'Amazon ECR Public',
    url: 'https://public.ecr.aws',
    organization: 'ecr-public',
  },
  { key: 'nvidia', title: 'NVIDIA NGC', url: 'https://nvcr.io', organization: 'nvidia' },
  { key: 'gitlab', title: 'GitLab', url: 'https://registry.gitlab.com', organization: 'gitlab' },
]

const hostOf = (url: string) => URL.parse(url)?.host ?? ''

/** A card for it, under a name that no other card has. */
export function upstreamOf(preset: Preset | undefined, others: readonly UpstreamDraft[]) {
  const wanted = preset?.key ?? 'upstream'
  return {
    ...noUpstream(),
    name: freeName(wanted, others),
    preset: preset?.key ?? '',
    url: preset?.url ?? 'https://',
    organization: preset?.organization ?? '',
  }
}

function freeName(wanted: string, others: readonly UpstreamDraft[]): string {
  const taken = new Set(others.map(({ name }) => name))
  let name = wanted
  for (let count = 2; taken.has(name); count++) name = `${wanted}-${count}`
  return name
}

/**
 * The cards with every registry of a pull secret (`{"auths": {"quay.io": {"auth": "…"}}}`): its login
 * goes to the card of that registry, else to a new one.
 * @throws SyntaxError when it is none
 */
export function withPullSecret(text: string, before: readonly UpstreamDraft[]): UpstreamDraft[] {
  const parsed: unknown = JSON.parse(text)
  const auths = (parsed as { auths?: unknown } | null)?.auths
  if (typeof auths !== 'object' || auths === null) throw new SyntaxError('there are no auths')
  const cards = [...before]
  for (const [place, login] of Object.entries(auths)) {
    const host = hostOf(/^https?:/.test(place) ? place : `https://${place}`)
    const found = loginOf(login)
    if (host === '' || found === undefined) continue
    const preset = presets.find(({ url, hosts }) => hostOf(url) === host || hosts?.includes(host))
    const url = preset?.url ?? `https://${host}`
    const at = cards.findIndex((card) => hostOf(card.url) === hostOf(url))
    const card = cards[at] ?? {
      ...upstreamOf(preset, cards),
      url,
      ...(preset === undefined && namesFor(host, cards)),
    }
    const filled = {
      ...card,
      username: found.username,
      password: { typed: found.password, stored: null },
    }
    if (at === -1) cards.push(filled)
    else cards[at] = filled
  }
  return cards
}

function namesFor(host: string, others: readonly UpstreamDraft[]) {
  const plain = host
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
  return { name: freeName(plain, others), organization: plain }
}

function loginOf(login: unknown): { username: string; password: string } | undefined {
  const { auth, username, password } = (login ?? {}) as Record<string, unknown>
  if (typeof username === 'string' && typeof password === 'string') return { username, password }
  if (typeof auth !== 'string') return undefined
  try {
    const text = new TextDecoder().decode(
      Uint8Array.from(atob(auth), (letter) => letter.charCodeAt(0)),
    )
    const colon = text.indexOf(':')
    return colon < 1
      ? undefined
      : { username: text.slice(0, colon), password: text.slice(colon + 1) }
  } catch {
    return undefined
  }
}
