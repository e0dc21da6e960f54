import type { Kysely } from 'kysely'

import type { UserTable } from '../features/accounts/account-store.ts'
import type { RobotAccountTable } from '../features/accounts/robot-store.ts'
import type { TeamMemberTable, TeamTable } from '../features/accounts/team-store.ts'
import type { LogEntryKindTable, LogEntryTable } from '../features/audit/audit-store.ts'
import type { BlobTable, UploadedBlobTable } from '../features/blobs/blob-store.ts'
import type {
  ManifestBlobTable,
  ManifestChildTable,
  ManifestContentTable,
  ManifestTable,
} from '../features/manifests/manifest-store.ts'
import type { RepositoryPermissionTable } from '../features/repositories/permission-store.ts'
import type { RepositoryTable } from '../features/repositories/repository-store.ts'
import type { TagTable } from '../features/tags/tag-store.ts'
import type { BlobUploadTable } from '../features/uploads/upload-store.ts'

export interface Tables {
  user: UserTable
  robot_account: RobotAccountTable
  team: TeamTable
  teammember: TeamMemberTable
  repository: RepositoryTable
  repositorypermission: RepositoryPermissionTable
  blob: BlobTable
  uploadedblob: UploadedBlobTable
  blobupload: BlobUploadTable
  manifest: ManifestTable
  manifest_content: ManifestContentTable
  manifest_blob: ManifestBlobTable
  manifest_child: ManifestChildTable
  tag: TagTable
  logentrykind: LogEntryKindTable
  logentry3: LogEntryTable
}

/** A connection or a transaction: stores take either. */
export type Db = Kysely<Tables>
