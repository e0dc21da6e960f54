import { configSchema } from '../../config/config-schema.ts'
import { type Environment, gatherSettings } from '../../config/config-sources.ts'
import { type ConfigFinding, SettingTypeError } from './bundle.ts'
import { validateBundle } from './validate-bundle.ts'

const onlyForOpenShift = / are not supported by OpenShift$/

/**
 * Why the registry mode does not start, beyond what its own reading of the settings says. Of Quay's
 * rules those count that are about a setting with an effect here: what the appliance does not need,
 * such as Redis, may be missing. Nothing outside is asked, because after a power cut all machines of
 * a site come up at once; database, storage and certificates are tried by the start itself.
 */
export async function startFindings(
  fileText: string,
  env: Environment,
): Promise<readonly ConfigFinding[]> {
  const { settings, problems } = gatherSettings({ fileText, env, flags: {} })
  if (problems.length > 0) return []
  const config = Object.fromEntries([...settings].map(([key, { value }]) => [key, value]))
  try {
    const findings = await validateBundle({ config, certs: new Map() }, { mode: 'offline' })
    return findings.filter(countsHere)
  } catch (error) {
    // `yes` and `"true"` are switches to the loader, which refuses what is none.
    if (error instanceof SettingTypeError) return []
    throw error
  }
}

function countsHere({ Tags, Message }: ConfigFinding): boolean {
  if (onlyForOpenShift.test(Message)) return false
  return Tags.some((tag) => Object.hasOwn(configSchema.shape, tag.split('.')[0] ?? ''))
}
