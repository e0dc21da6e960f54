import type { Collector } from './collect.ts'
import { isHost, parseImageName } from './image-name.ts'
import {
  field,
  fields,
  isFields,
  isList,
  items,
  lineOf,
  scalar,
  text,
  values,
  type Place,
} from './yaml-node.ts'

/** Our own form: `platforms`, `images`, `repositories`; or a bare list of images. */
export function readOwn(root: Place, collector: Collector): void {
  if (isList(root)) {
    readImages(root, collector)
    return
  }
  for (const { key, line, value } of fields(root)) {
    if (key === 'platforms') collector.addPlatforms(values(value), line)
    else if (key === 'images') readImages(value, collector)
    else if (key === 'repositories') readRepositories(value, collector)
    else collector.problem(line, `"${key.slice(0, 100)}" is not known here.`)
  }
}

function readImages(list: Place, collector: Collector): void {
  if (!isList(list)) collector.problem(lineOf(list), 'A list of images belongs here.')
  for (const item of items(list)) {
    const line = lineOf(item)
    const name = text(item) ?? text(field(item, 'image')) ?? text(field(item, 'name'))
    if (name === undefined) collector.problem(line, 'The name of an image belongs here.')
    else collector.addImage(name, line, values(field(item, 'platforms')))
  }
}

const repositoryFields = new Set(['name', 'tags', 'newest', 'semver', 'platforms'])

function readRepositories(list: Place, collector: Collector): void {
  if (!isList(list)) collector.problem(lineOf(list), 'A list of repositories belongs here.')
  for (const item of items(list)) {
    const line = lineOf(item)
    const name = parseImageName(text(item) ?? text(field(item, 'name')) ?? '')
    if (name === undefined || name.tag !== undefined || name.digest !== undefined) {
      collector.problem(line, 'The name of a repository, without a tag, belongs here.')
      continue
    }
    const strange = fields(item).find(({ key }) => !repositoryFields.has(key))
    if (strange !== undefined) {
      collector.problem(strange.line, `"${strange.key.slice(0, 100)}" is not known here.`)
    }
    const newest = scalar(field(item, 'newest'))
    if (newest !== undefined && !(Number.isSafeInteger(newest) && Number(newest) > 0)) {
      collector.problem(line, 'newest is a number from 1 on.')
    }
    collector.addRepository(name, line, values(field(item, 'tags')), {
      newest: typeof newest === 'number' ? newest : undefined,
      semver: text(field(item, 'semver')),
      platforms: values(field(item, 'platforms')),
    })
  }
}

/** oc-mirror's ImageSetConfiguration: its additional images. */
export function readOcMirror(root: Place, collector: Collector): void {
  const mirror = field(root, 'mirror')
  if (mirror === undefined) {
    collector.problem(1, 'It has no "mirror".')
    return
  }
  for (const { key, line, value } of fields(mirror)) {
    if (key === 'additionalImages') readImages(value, collector)
    else if (key === 'platform') readArchitectures(value, collector)
    else collector.problem(line, `"${key.slice(0, 100)}" of oc-mirror is not carried.`, true)
  }
}

function readArchitectures(platform: Place, collector: Collector): void {
  for (const { key, line, value } of fields(platform)) {
    if (key !== 'architectures') {
      collector.problem(line, `"platform.${key.slice(0, 100)}" of oc-mirror is not carried.`, true)
    } else {
      const architectures = values(value).map((name) => `linux/${String(name)}`)
      collector.addPlatforms(
        architectures.filter((name) => name !== 'linux/multi'),
        line,
      )
    }
  }
}

/** Hauler's manifests: `Images`; its charts and files are not images. */
export function readHauler(root: Place, collector: Collector): void {
  const kind = text(field(root, 'kind')) ?? ''
  if (kind !== 'Images') {
    collector.problem(lineOf(root), `"${kind.slice(0, 100)}" of hauler is not carried.`, true)
    return
  }
  const spec = field(root, 'spec')
  for (const item of spec === undefined ? [] : items(field(spec, 'images') ?? spec)) {
    const line = lineOf(item)
    const name = text(field(item, 'name'))
    if (name === undefined) collector.problem(line, 'The name of an image belongs here.')
    else {
      const platform = text(field(item, 'platform'))
      collector.addImage(name, line, platform === undefined ? [] : [platform])
    }
  }
}

/** skopeo-sync(1), "YAML file content". */
export function readSkopeoSync(root: Place, collector: Collector): void {
  for (const { key: host, line, value } of fields(root)) {
    if (!isHost(host.toLowerCase())) {
      collector.problem(line, `"${host.slice(0, 100)}" is no host of a registry.`)
      continue
    }
    for (const part of fields(value)) readSkopeoPart(host.toLowerCase(), part, collector)
  }
}

function readSkopeoPart(
  host: string,
  { key, line, value }: ReturnType<typeof fields>[number],
  collector: Collector,
): void {
  const repositories = fields(value).map((one) => ({ ...one, name: { host, repository: one.key } }))
  switch (key) {
    case 'images':
      for (const { name, line, value } of repositories) {
        collector.addRepository(name, line, values(value))
      }
      break
    case 'images-by-semver':
      for (const { name, line, value } of repositories) {
        const semver = text(value)
        if (semver === undefined) collector.problem(line, 'A range of versions belongs here.')
        else collector.addRepository(name, line, [], { semver })
      }
      break
    case 'images-by-tag-regex':
      for (const { line } of repositories) {
        collector.problem(line, 'Regular expressions are not taken; name tags or patterns with *.')
      }
      break
    case 'credentials':
    case 'tls-verify':
    case 'cert-dir':
      collector.problem(line, `"${key}" is not read: access is set where upstreams are.`, true)
      break
    default:
      collector.problem(line, `"${key.slice(0, 100)}" is not known here.`)
  }
}

const deepest = 50

/** Manifests of Kubernetes: every field named image with a text. */
export function readKubernetes(root: Place, collector: Collector, seen: Set<string>): void {
  const visit = (place: Place, depth: number) => {
    if (depth > deepest) return
    for (const item of items(place)) visit(item, depth + 1)
    if (!isFields(place)) return
    for (const { key, line, value } of fields(place)) {
      const image = key === 'image' ? text(value) : undefined
      if (image === undefined) visit(value, depth + 1)
      else if (!seen.has(image)) {
        seen.add(image)
        collector.addImage(image, line)
      }
    }
  }
  visit(root, 0)
}
