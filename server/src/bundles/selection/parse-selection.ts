import { LineCounter, parseAllDocuments } from 'yaml'
import { createCollector, type Collector } from './collect.ts'
import type { Selection, SelectionForm } from './selection.ts'
import { isChart, isValues, readChart, readValues } from './helm-forms.ts'
import { readHauler, readKubernetes, readOcMirror, readOwn, readSkopeoSync } from './yaml-forms.ts'
import { field, fields, isList, lineOf, text, type Place } from './yaml-node.ts'

const longestText = 4 * 2 ** 20

/**
 * Reads a list of what a bundle shall carry, in any of the forms that people have already. Never
 * throws: what cannot be read is a problem with its line.
 */
export function parseSelection(source: string): Selection {
  if (source.length > longestText) return refused('The list is longer than 4 MiB.')
  return isPlainList(source) ? readPlainList(source) : readYaml(source)
}

/** One image a line, with comments: nothing in it is indented or a field. */
function isPlainList(source: string): boolean {
  return source.split('\n').every((written) => {
    const line = withoutComment(written)
    return line.trim() === '' || (/^\S/.test(line) && !/^(?:-|\[|\{|%)|:\s|:$/.test(line.trim()))
  })
}

const withoutComment = (line: string): string => line.replace(/(?:^|\s)#.*$/, '')

function readPlainList(source: string): Selection {
  const collector = createCollector('image-list')
  for (const [at, written] of source.split('\n').entries()) {
    const line = withoutComment(written).trim()
    if (line === '') continue
    const [image = '', platform, ...rest] = line.split(/\s+/)
    if (rest.length > 0) collector.problem(at + 1, 'One image, and at most its platform, a line.')
    else collector.addImage(image, at + 1, platform === undefined ? [] : [platform])
  }
  return collector.result()
}

function readYaml(source: string): Selection {
  const lines = new LineCounter()
  const documents = parseDocuments(source, lines)
  if (documents === undefined) return refused('This is no YAML.')
  if ('empty' in documents) return createCollector('image-list').result()
  for (const { errors } of documents) {
    const [error] = errors
    if (error !== undefined) {
      const { line } = lines.linePos(error.pos[0])
      return refused(`This is no YAML: ${error.message.split('\n', 1)[0] ?? ''}`, line)
    }
  }
  const roots = documents
    .map(({ contents }) => ({ node: contents, lines }))
    .filter(({ node }) => node !== null)
  const first = roots[0]
  if (first === undefined) return createCollector('image-list').result()
  const form = formOf(first)
  if (form === undefined) return refused('This is no list of images that is known.', lineOf(first))
  const collector = createCollector(form)
  const seen = new Set<string>()
  for (const root of roots) {
    if (form === 'mooring') readOwn(root, collector)
    else if (form === 'oc-mirror') readOcMirror(root, collector)
    else if (form === 'hauler') readHauler(root, collector)
    else if (form === 'skopeo-sync') readSkopeoSync(root, collector)
    else if (form === 'helm') readHelm(root, collector)
    else readKubernetes(root, collector, seen)
  }
  return collector.result()
}

/** The parser gives up on text that is nested without end. */
function parseDocuments(source: string, lineCounter: LineCounter) {
  try {
    return parseAllDocuments(source, { lineCounter, logLevel: 'silent' })
  } catch {
    return undefined
  }
}

function formOf(root: Place): SelectionForm | undefined {
  if (isList(root)) return 'mooring'
  const kind = text(field(root, 'kind'))
  const version = text(field(root, 'apiVersion')) ?? ''
  if (kind === 'ImageSetConfiguration') return 'oc-mirror'
  if (version.startsWith('content.hauler.cattle.io/')) return 'hauler'
  if (kind !== undefined && version !== '') return 'kubernetes'
  const found = fields(root)
  if (found.length === 0) return undefined
  if (found.some(({ key }) => ['images', 'repositories', 'platforms'].includes(key))) {
    return 'mooring'
  }
  if (found.every(({ value }) => fields(value).some(({ key }) => isSkopeoKey(key)))) {
    return 'skopeo-sync'
  }
  return isChart(root) || isValues(root) ? 'helm' : undefined
}

const readHelm = (root: Place, collector: Collector): void => {
  if (isChart(root)) readChart(root, collector)
  else readValues(root, collector)
}

const isSkopeoKey = (key: string): boolean =>
  ['images', 'images-by-tag-regex', 'images-by-semver'].includes(key)

function refused(message: string, line = 1): Selection {
  const collector = createCollector('image-list')
  collector.problem(line, message)
  return collector.result()
}
