import { LineCounter, parseDocument } from 'yaml'

import type { Collector } from './collect.ts'
import { field, fields, isFields, items, lineOf, scalar, text, type Place } from './yaml-node.ts'

const deepest = 50
const imagesAnnotation = 'artifacthub.io/images'
const render = 'Paste what "helm template" prints instead.'

/** `Chart.yaml`: its images, as Artifact Hub has charts name them. */
export function isChart(root: Place): boolean {
  const version = text(field(root, 'apiVersion'))
  return (version === 'v1' || version === 'v2') && text(field(root, 'name')) !== undefined
}

export function readChart(root: Place, collector: Collector): void {
  const annotations = field(root, 'annotations')
  const named = annotations && field(annotations, imagesAnnotation)
  const list = text(named)
  if (named === undefined || list === undefined) {
    collector.problem(lineOf(root), `The chart names no images (${imagesAnnotation}). ${render}`)
    return
  }
  // The annotation is YAML in a text of its own; its lines are not those of the file.
  const at = lineOf(named)
  const lines = new LineCounter()
  for (const item of items({ node: parseDocument(list, { logLevel: 'silent' }).contents, lines })) {
    const image = text(field(item, 'image'))
    if (image === undefined) collector.problem(at, 'The name of an image belongs here.')
    else collector.addImage(image, at)
  }
}

/** `values.yaml`: `image: {registry, repository, tag}`, or the name in one text. */
export function isValues(root: Place): boolean {
  return found(root).next().done !== true
}

export function readValues(root: Place, collector: Collector): void {
  const seen = new Set<string>()
  for (const { line, image, isWhole } of found(root)) {
    if (seen.has(image)) continue
    seen.add(image)
    if (isWhole) collector.addImage(image, line)
    else collector.problem(line, `"${image.slice(0, 100)}" has no tag here. ${render}`, true)
  }
}

interface Found {
  readonly line: number
  readonly image: string
  readonly isWhole: boolean
}

function* found(place: Place, depth = 0): Generator<Found> {
  if (depth > deepest) return
  for (const item of items(place)) yield* found(item, depth + 1)
  if (!isFields(place)) return
  for (const { key, line, value } of fields(place)) {
    const isImage = /image$/i.test(key)
    const name = isImage ? text(value) : undefined
    const repository = isFields(value) ? text(field(value, 'repository')) : undefined
    if (name !== undefined && name !== '') yield { line, image: name, isWhole: true }
    else if (isImage && repository !== undefined && repository !== '') {
      yield { line, ...imageOf(value, repository) }
    } else yield* found(value, depth + 1)
  }
}

function imageOf(value: Place, repository: string): Pick<Found, 'image' | 'isWhole'> {
  const registry = text(field(value, 'registry')) ?? ''
  const name = registry === '' ? repository : `${registry}/${repository}`
  const digest = text(field(value, 'digest')) ?? text(field(value, 'sha')) ?? ''
  if (digest !== '') {
    return { image: `${name}@${digest.includes(':') ? digest : `sha256:${digest}`}`, isWhole: true }
  }
  const written = scalar(field(value, 'tag'))
  const tag = typeof written === 'string' || typeof written === 'number' ? sourceOf(value) : ''
  return tag === '' ? { image: name, isWhole: false } : { image: `${name}:${tag}`, isWhole: true }
}

/** A tag such as 1.10 is no number, whatever YAML thinks. */
function sourceOf(value: Place): string {
  const node: unknown = field(value, 'tag')?.node
  const { source, value: plain } = node as { source?: string; value?: unknown }
  return typeof plain === 'string' ? plain : (source ?? '')
}
