import type { Entity } from '../entity-search/entity.ts'

/** What mirrors of repositories and of organizations have in common. */
export interface SyncValues {
  start: number | null
  amount: number | null
  unit: string
  timeout: number | null
  robot: Entity | null
  username: string
  password: string
  verifyTls: boolean
  httpProxy: string
  httpsProxy: string
  noProxy: string
}
