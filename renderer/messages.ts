import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'

const root = import.meta.dirname
const Settings = z.object({
  baseLocale: z.string(),
  locales: z.array(z.string()),
  'plugin.inlang.messageFormat': z.object({ pathPattern: z.array(z.string()) }),
})

/** One word for one thing: what the glossary calls otherwise. */
const otherWords: Readonly<Record<string, readonly string[]>> = {
  ja: [
    ...['レジストリー', 'リポジトリー', 'プロキシー', 'アーキテクチャー', '上流', '資格情報'],
    ...['レイヤ(?!ー)', 'マニュフェスト', '指紋', 'エアーギャップ'],
  ],
}

/**
 * What is wrong with the messages: a key that a language lacks, parameters that differ, a key that
 * two files define, one that nothing uses, a folder that the settings do not name, a word that the
 * glossary does not have.
 */
export async function messageFaults(): Promise<readonly string[]> {
  const settings = Settings.parse(await readJson('project.inlang/settings.json'))
  const patterns = settings['plugin.inlang.messageFormat'].pathPattern
  const faults: string[] = []
  const base = new Map<string, string>()

  for (const pattern of patterns) {
    const inEach = await Promise.all(
      settings.locales.map(async (locale) => readMessages(pattern.replace('{locale}', locale))),
    )
    const keys = new Set(inEach.flatMap((messages) => [...messages.keys()]))
    for (const key of keys) {
      if (base.has(key)) faults.push(`${key}: in ${pattern} and in another file`)
      inEach.forEach((messages, index) => {
        for (const word of otherWords[settings.locales[index] ?? ''] ?? []) {
          const isOther = new RegExp(word).test(messages.get(key) ?? '')
          if (isOther) faults.push(`${key}: ${word} is called otherwise elsewhere`)
        }
        if (!messages.has(key)) faults.push(`${key}: missing in ${String(settings.locales[index])}`)
      })
      const inputs = new Set(inEach.map((messages) => inputsOf(messages.get(key) ?? '')))
      if (inputs.size > 1) faults.push(`${key}: parameters differ: ${[...inputs].join(' | ')}`)
      base.set(key, pattern)
    }
  }
  for (const folder of await readdir(path.join(root, 'messages'))) {
    const pattern = `./messages/${folder}/{locale}.json`
    if (!patterns.includes(pattern)) faults.push(`${pattern}: not named in settings.json`)
  }
  const source = await allSource()
  for (const key of base.keys()) {
    if (!new RegExp(`\\b${key}\\b`).test(source)) faults.push(`${key}: used nowhere`)
  }
  return faults
}

async function readMessages(file: string): Promise<Map<string, string>> {
  const messages = Object.entries(z.record(z.string(), z.unknown()).parse(await readJson(file)))
  return new Map(
    messages
      .filter(([key]) => key !== '$schema')
      .map(([key, message]) => [key, JSON.stringify(message)]),
  )
}

async function readJson(file: string): Promise<unknown> {
  return JSON.parse(await readFile(path.join(root, file), 'utf8'))
}

/** The names in braces, sorted. */
function inputsOf(message: string): string {
  const names = [...message.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  return [...new Set(names)].toSorted().join(',')
}

async function allSource(): Promise<string> {
  const files = await readdir(path.join(root, 'src'), { recursive: true })
  const own = files.filter((file) => /\.(?:ts|svelte)$/.test(file) && !file.startsWith('paraglide'))
  const texts = await Promise.all(own.map((file) => readFile(path.join(root, 'src', file), 'utf8')))
  return texts.join('\n')
}
