import { isIP } from 'node:net'

export interface KnownNames {
  /** Of accounts: people, organizations, robots. */
  readonly people: readonly string[]
  readonly hosts: readonly string[]
}

/** Replaces names in a text; the same name has the same stand-in everywhere in a bundle. */
export type NameMask = (text: string) => string

const mail = /[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g
const home = /(\/home\/|\/Users\/|\\Users\\)([^/\\\s"']+)/g
const ipv6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:]|\.\d)/gi
const ipv4 = /(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)/g
const word = /[A-Za-z0-9_](?:[A-Za-z0-9_.+-]*[A-Za-z0-9_])?/g
const hostName = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,})$/

/** What stands behind the last dot of a file's name rather than a host's. */
const fileEndings = new Set(
  'cert conf crt csr db gz html js json jsonl key log mjs node part pem pid service so sock sqlite svelte tar text toml ts txt xz yaml yml zip zst'.split(
    ' ',
  ),
)
const openAddresses = /^(?:127\.|0\.0\.0\.0$|::1?$)/

export function createNameMask({ people, hosts }: KnownNames): NameMask {
  // A robot is told by its owner's name.
  const owners = people.filter((name) => !name.includes('+'))
  const accounts = new Set(owners.map((name) => name.toLowerCase()))
  const machines = new Set(hosts.map((name) => name.toLowerCase()))
  machines.delete('localhost')
  const standIns = new Map<string, string>()
  const counts = new Map<string, number>()

  const standIn = (kind: string, name: string) => {
    const key = `${kind} ${name.toLowerCase()}`
    const known = standIns.get(key)
    if (known !== undefined) return known
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    standIns.set(key, `${kind}-${count}`)
    return `${kind}-${count}`
  }
  const maskAddress = (version: number) => (found: string) =>
    isIP(found) !== version || openAddresses.test(found) ? found : standIn('address', found)

  const maskWord = (found: string): string => {
    const name = found.toLowerCase()
    if (machines.has(name) || isHostName(found)) return standIn('host', name)
    if (accounts.has(name)) return standIn('person', name)
    const plus = found.indexOf('+')
    if (plus > 0 && accounts.has(name.slice(0, plus))) {
      return `${standIn('person', name.slice(0, plus))}+robot`
    }
    return found
  }

  return (text) =>
    text
      .replace(mail, (found) => standIn('mail', found))
      .replace(home, (_found, folder: string, owner: string) => folder + standIn('person', owner))
      .replace(ipv6, maskAddress(6))
      .replace(ipv4, maskAddress(4))
      .replace(word, maskWord)
}

/** Names in lower case with dots, but files: a little too much rather than a little too few. */
function isHostName(text: string): boolean {
  const [, ending] = hostName.exec(text) ?? []
  return ending !== undefined && !fileEndings.has(ending)
}
