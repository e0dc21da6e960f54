import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { writeFileDurably } from '../../platform/files.ts'
import { bundledAuthorities, configText } from './config-text.ts'
import { hostsInside } from './content-settings.ts'
import type { Task } from './task.ts'

export const configTask: Task = {
  id: 'config',
  step: 'network',
  failure: 'MOOR-SET-030',
  async run({ values, keys, configDir, loadConfig }) {
    const text = configText(values, keys, await hostsInside(values))
    await loadConfig(text)
    await mkdir(configDir, { recursive: true, mode: 0o700 })
    for (const [name, pem] of bundledAuthorities(values)) {
      const file = path.join(configDir, name)
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
      await writeFileDurably(file, pem, 0o644)
    }
    await writeFileDurably(path.join(configDir, 'config.yaml'), text, 0o600)
    return path.join(configDir, 'config.yaml')
  },
}
