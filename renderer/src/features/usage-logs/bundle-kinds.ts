import { m } from '../../paraglide/messages.js'
import type { LogKinds } from './log-kind.ts'

export const bundleKinds = {
  bundle_folder_removed: {
    label: m.bundles_log_folder_removed,
    text: (of) =>
      m.bundles_log_folder_removed_text({
        ...{ path: of('path'), bundle: of('bundle'), selection: of('selection') },
      }),
  },
} as const satisfies LogKinds
