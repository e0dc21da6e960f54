import type * as appTokens from '@mooring/server/contract/app-tokens'
import type * as applianceHealth from '@mooring/server/contract/appliance-health'
import type * as applianceHome from '@mooring/server/contract/appliance-home'
import type * as applianceService from '@mooring/server/contract/appliance-service'
import type * as applianceStorage from '@mooring/server/contract/appliance-storage'
import type * as applianceWorkers from '@mooring/server/contract/appliance-workers'
import type * as backup from '@mooring/server/contract/backup'
import type * as certificateAuthority from '@mooring/server/contract/certificate-authority'
import type * as certificates from '@mooring/server/contract/certificates'
import type * as clientConfig from '@mooring/server/contract/client-config'
import type * as configuration from '@mooring/server/contract/configuration'
import type * as currentUser from '@mooring/server/contract/current-user'
import type * as discovery from '@mooring/server/contract/discovery'
import type * as events from '@mooring/server/contract/events'
import type * as health from '@mooring/server/contract/health'
import type * as immutability from '@mooring/server/contract/immutability'
import type * as interfaceLogs from '@mooring/server/contract/interface-logs'
import type * as interfaceManifests from '@mooring/server/contract/interface-manifests'
import type * as interfaceMembers from '@mooring/server/contract/interface-members'
import type * as interfaceNamespaces from '@mooring/server/contract/interface-namespaces'
import type * as interfaceRepositories from '@mooring/server/contract/interface-repositories'
import type * as interfaceSearch from '@mooring/server/contract/interface-search'
import type * as interfaceTags from '@mooring/server/contract/interface-tags'
import type * as kiosk from '@mooring/server/contract/kiosk'
import type * as labels from '@mooring/server/contract/labels'
import type * as logs from '@mooring/server/contract/logs'
import type * as manifests from '@mooring/server/contract/manifests'
import type * as members from '@mooring/server/contract/members'
import type * as mirrors from '@mooring/server/contract/mirrors'
import type * as mirrorDetails from '@mooring/server/contract/mirror-details'
import type * as mooringMirrors from '@mooring/server/contract/mooring-mirrors'
import type * as mooringUpstreams from '@mooring/server/contract/mooring-upstreams'
import type * as mooringMissedPulls from '@mooring/server/contract/mooring-missed-pulls'
import type * as mooringNotifications from '@mooring/server/contract/mooring-notifications'
import type * as orgMirrors from '@mooring/server/contract/org-mirrors'
import type * as proxyCache from '@mooring/server/contract/proxy-cache'
import type * as messages from '@mooring/server/contract/messages'
import type * as mooringBundleJobs from '@mooring/server/contract/mooring-bundle-jobs'
import type * as mooringBundleSelections from '@mooring/server/contract/mooring-bundle-selections'
import type * as mooringBundleTrust from '@mooring/server/contract/mooring-bundle-trust'
import type * as mooringBundles from '@mooring/server/contract/mooring-bundles'
import type * as oauthApplications from '@mooring/server/contract/oauth-applications'
import type * as oauthTokens from '@mooring/server/contract/oauth-tokens'
import type * as oauthWeb from '@mooring/server/contract/oauth-web'
import type * as organizations from '@mooring/server/contract/organizations'
import type * as permissions from '@mooring/server/contract/permissions'
import type * as preferences from '@mooring/server/contract/preferences'
import type * as prototypes from '@mooring/server/contract/prototypes'
import type * as pullStatistics from '@mooring/server/contract/pull-statistics'
import type * as quota from '@mooring/server/contract/quota'
import type * as registrySize from '@mooring/server/contract/registry-size'
import type * as repoEmails from '@mooring/server/contract/repo-emails'
import type * as repoNotifications from '@mooring/server/contract/repo-notifications'
import type * as repoTokens from '@mooring/server/contract/repo-tokens'
import type * as repositories from '@mooring/server/contract/repositories'
import type * as robots from '@mooring/server/contract/robots'
import type * as search from '@mooring/server/contract/search'
import type * as serviceKeys from '@mooring/server/contract/service-keys'
import type * as session from '@mooring/server/contract/session'
import type * as stars from '@mooring/server/contract/stars'
import type * as superuserUsers from '@mooring/server/contract/superuser-users'
import type * as superuser from '@mooring/server/contract/superuser'
import type * as support from '@mooring/server/contract/support'
import type * as tags from '@mooring/server/contract/tags'
import type * as teams from '@mooring/server/contract/teams'
import type * as trustedAuthorities from '@mooring/server/contract/trusted-authorities'
import type * as userAuthorizations from '@mooring/server/contract/user-authorizations'
import type * as users from '@mooring/server/contract/users'

/** Every area of the management API: types alone, nothing of it reaches the browser. */
export type Areas =
  | typeof appTokens
  | typeof applianceHealth
  | typeof applianceHome
  | typeof applianceService
  | (typeof applianceStorage & typeof applianceWorkers)
  | typeof backup
  | typeof certificateAuthority
  | typeof certificates
  | typeof clientConfig
  | typeof configuration
  | typeof currentUser
  | typeof discovery
  | typeof events
  | typeof health
  | typeof immutability
  | typeof interfaceLogs
  | typeof interfaceManifests
  | typeof interfaceMembers
  | typeof interfaceNamespaces
  | typeof interfaceRepositories
  | typeof interfaceSearch
  | typeof interfaceTags
  | typeof kiosk
  | typeof labels
  | typeof logs
  | typeof manifests
  | typeof members
  | typeof mirrors
  | typeof mirrorDetails
  | typeof mooringMirrors
  | typeof mooringUpstreams
  | typeof mooringMissedPulls
  | typeof mooringNotifications
  | typeof orgMirrors
  | typeof proxyCache
  | typeof messages
  | typeof mooringBundleJobs
  | typeof mooringBundleSelections
  | typeof mooringBundleTrust
  | typeof mooringBundles
  | typeof oauthApplications
  | typeof oauthTokens
  | typeof oauthWeb
  | typeof organizations
  | typeof permissions
  | typeof preferences
  | typeof prototypes
  | typeof pullStatistics
  | typeof quota
  | typeof registrySize
  | typeof repoEmails
  | typeof repoNotifications
  | typeof repoTokens
  | typeof repositories
  | typeof robots
  | typeof search
  | typeof serviceKeys
  | typeof session
  | typeof stars
  | typeof superuserUsers
  | typeof superuser
  | typeof support
  | typeof tags
  | typeof teams
  | typeof trustedAuthorities
  | typeof userAuthorizations
  | typeof users
