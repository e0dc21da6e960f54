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
import type { QuotaSizeTable } from '../features/quota/quota-store.ts'
import type { RepositoryPermissionTable } from '../features/repositories/permission-store.ts'
import type { RepositoryTable } from '../features/repositories/repository-store.ts'
import type { TagTable } from '../features/tags/tag-store.ts'
import type { BlobUploadTable } from '../features/uploads/upload-store.ts'
import type { DeletedNamespaceTable } from '../features/accounts/deleted-namespace-store.ts'
import type { UserPromptTable } from '../features/accounts/prompt-store.ts'
import type { FederatedLoginTable } from '../features/accounts/federated-login-store.ts'
import type { RecoveryCodeTable } from '../features/accounts/recovery-code-store.ts'
import type { EmailConfirmationTable } from '../features/accounts/email-confirmation-store.ts'
import type { TeamMemberInviteTable } from '../features/accounts/team-invite-store.ts'
import type { TeamSyncTable } from '../features/accounts/team-sync-store.ts'
import type { PermissionPrototypeTable } from '../features/prototypes/prototype-store.ts'
import type { StarTable } from '../features/repositories/star-store.ts'
import type { ManifestLabelTable } from '../features/labels/label-store.ts'
import type { ImmutabilityPolicyTable } from '../features/immutability/immutability-store.ts'
import type { OAuthApplicationTable } from '../features/oauth/oauth-application-store.ts'
import type {
  OAuthAccessTokenTable,
  OAuthAuthorizationCodeTable,
  OAuthAssignedTokenTable,
} from '../features/oauth/oauth-token-store.ts'
import type { AppSpecificAuthTokenTable } from '../features/app-tokens/app-token-store.ts'
import type { NotificationTable } from '../features/notifications/notification-store.ts'
import type { MirrorLogTable } from '../features/mirrors/mirror-log-store.ts'
import type { MirrorRunTable, MirrorTagTable } from '../features/mirrors/mirror-run-store.ts'
import type { MirrorTable } from '../features/mirrors/mirror-store.ts'
import type { OrgMirrorRepositoryTable } from '../features/org-mirrors/org-mirror-repository-store.ts'
import type { OrgMirrorTable } from '../features/org-mirrors/org-mirror-store.ts'
import type { MessageTable } from '../features/messages/message-store.ts'
import type { ServiceKeyTable } from '../features/service-keys/service-key-store.ts'
import type {
  ManifestPullStatisticsTable,
  TagPullStatisticsTable,
} from '../features/pull-statistics/pull-statistics-store.ts'
import type { QuotaRegistrySizeTable } from '../features/registry-size/registry-size-store.ts'
import type { ExportActionLogsTable } from '../features/audit/log-export-store.ts'
import type { LogEntryDailyTable, LogRollupTable } from '../features/audit/log-rollup-store.ts'
import type { NotificationReadTable } from '../features/notifications/notification-read-store.ts'
import type { ApplianceStateTable } from '../features/appliance/appliance-state-store.ts'
import type { DamagedBlobTable } from '../features/appliance/damage-store.ts'
import type { GrowthSampleTable } from '../features/appliance/growth-store.ts'
import type { UserPreferenceTable } from '../features/preferences/preference-store.ts'
import type { BlobFetchTable } from '../features/copying/blob-fetch-store.ts'
import type { BundleJobTable } from '../features/bundles/bundle-job-store.ts'
import type { BundleSetTable, BundleTable } from '../features/bundles/bundle-store.ts'
import type { BundleLedgerTable } from '../features/bundles/ledger-store.ts'
import type { BundlePinTable } from '../features/bundles/pin-store.ts'
import type { BundleReceiptTable, BundleRequestTable } from '../features/bundles/receipt-store.ts'
import type { BundleSelectionTable } from '../features/bundles/selection-store.ts'
import type { BundleAnchorTable } from '../features/bundles/trust-store.ts'
import type { MissedPullTable } from '../features/proxy-cache/missed-pull-store.ts'
import type { ProxiedBlobTable } from '../features/proxy-cache/proxied-blob-store.ts'
import type { ProxyCacheConfigTable } from '../features/proxy-cache/proxy-cache-store.ts'
import type { NotificationDeliveryTable } from '../features/repo-notifications/delivery-store.ts'
import type { ToldTagTable } from '../features/repo-notifications/expiring-tag-store.ts'
import type { RepoEmailTable } from '../features/repo-notifications/repo-email-store.ts'
import type { RepoNotificationTable } from '../features/repo-notifications/repo-notification-store.ts'
import type { LeaseTable } from '../work/lease-store.ts'

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
  deletednamespace: DeletedNamespaceTable
  userprompt: UserPromptTable
  federatedlogin: FederatedLoginTable
  emailconfirmation: EmailConfirmationTable
  recoverycode: RecoveryCodeTable
  teammemberinvite: TeamMemberInviteTable
  teamsync: TeamSyncTable
  permissionprototype: PermissionPrototypeTable
  star: StarTable
  tagpullstatistics: TagPullStatisticsTable
  manifestpullstatistics: ManifestPullStatisticsTable
  manifestlabel: ManifestLabelTable
  immutabilitypolicy: ImmutabilityPolicyTable
  oauthapplication: OAuthApplicationTable
  oauthaccesstoken: OAuthAccessTokenTable
  oauthauthorizationcode: OAuthAuthorizationCodeTable
  oauthassignedtoken: OAuthAssignedTokenTable
  appspecificauthtoken: AppSpecificAuthTokenTable
  notification: NotificationTable
  messages: MessageTable
  repositorynotification: RepoNotificationTable
  notificationdelivery: NotificationDeliveryTable
  tagnotificationsuccess: ToldTagTable
  repositoryauthorizedemail: RepoEmailTable
  repomirrorconfig: MirrorTable
  mirrorrun: MirrorRunTable
  mirrortag: MirrorTagTable
  mirrorlog: MirrorLogTable
  orgmirrorconfig: OrgMirrorTable
  orgmirrorrepository: OrgMirrorRepositoryTable
  servicekey: ServiceKeyTable
  quotaregistrysize: QuotaRegistrySizeTable
  quotanamespacesize: QuotaSizeTable
  quotarepositorysize: QuotaSizeTable
  exportactionlogs: ExportActionLogsTable
  logentrydaily: LogEntryDailyTable
  logrollup: LogRollupTable
  growthsample: GrowthSampleTable
  appliancestate: ApplianceStateTable
  damagedblob: DamagedBlobTable
  userpreference: UserPreferenceTable
  notificationread: NotificationReadTable
  blobfetch: BlobFetchTable
  bundlejob: BundleJobTable
  bundle: BundleTable
  bundleset: BundleSetTable
  bundleledger: BundleLedgerTable
  bundleanchor: BundleAnchorTable
  bundlereceipt: BundleReceiptTable
  bundlerequest: BundleRequestTable
  bundlepin: BundlePinTable
  bundleselection: BundleSelectionTable
  proxycacheconfig: ProxyCacheConfigTable
  proxycacheblob: ProxiedBlobTable
  missedpull: MissedPullTable
  lease: LeaseTable
}

/** A connection or a transaction: stores take either. */
export type Db = Kysely<Tables>
