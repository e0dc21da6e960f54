import type { Generated } from 'kysely'

export interface FederatedLoginTable {
  id: Generated<number>
  user_id: number
  service: string
  service_ident: string
  metadata_json: Generated<string>
}
