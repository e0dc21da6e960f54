import type { MirrorService } from '../features/mirrors/mirror-service.ts'
import type { MirrorViews } from '../features/mirrors/mirror-view-service.ts'
import type { ProxyCacheService } from '../features/proxy-cache/proxy-cache-service.ts'

/** For whoever holds the process: how a registry comes to the content of others. */
export interface ContentServices {
  /** Both absent without FEATURE_REPO_MIRROR. */
  readonly mirrors?: MirrorService
  readonly mirrorViews?: MirrorViews
  readonly proxyCaches: ProxyCacheService
  /** What was changed is on disk afterwards. */
  readonly flush: () => Promise<void>
}
