const noBuilds = 'nothing is built here'
const noTokens = '410: repositories have no tokens of their own any more'
const noDirectory = 'accounts come from the database, not from a directory'
const noProvider = 'no other service vouches for anybody here'

const noBackups = 'no place for backups is set; another test makes some'
const noUpstream = 'no other registry is there to be asked; another test has one'
const keepsAuthority = 'the other calls need the authority as it is; another test does that'

/** Calls that cannot succeed as the server of the test is configured, with the reason. */
export const neverServed: ReadonlyMap<string, string> = new Map([
  ['GET /api/v1/repository/{repository}/tokens/', noTokens],
  ['POST /api/v1/repository/{repository}/tokens/', noTokens],
  ['GET /api/v1/repository/{repository}/tokens/{code}', noTokens],
  ['PUT /api/v1/repository/{repository}/tokens/{code}', noTokens],
  ['DELETE /api/v1/repository/{repository}/tokens/{code}', noTokens],
  ['GET /api/v1/superuser/{build_uuid}/build', noBuilds],
  ['GET /api/v1/superuser/{build_uuid}/status', noBuilds],
  ['GET /api/v1/superuser/{build_uuid}/logs', noBuilds],
  ['GET /api/v1/superuser/{build_uuid}/logs/archive', noBuilds],
  ['POST /api/v1/organization/{orgname}/team/{teamname}/syncing', noDirectory],
  ['DELETE /api/v1/organization/{orgname}/team/{teamname}/syncing', noDirectory],
  ['POST /api/v1/entities/link/{username}', noDirectory],
  ['POST /api/v1/externallogin/{service_id}', noProvider],
  ['POST /api/v1/superuser/shutdown', 'the server of the test would end; another test does that'],
  ['POST /api/v1/mooring/service/stop', 'the server would end; another test does that'],
  ['POST /api/v1/mooring/service/restart', 'nothing would start the server of the test again'],
  ['POST /api/v1/mooring/service/readonly', 'the other calls write; another test does that'],
  [
    'PUT /api/v1/mooring/service/pauses/{work}',
    'the work of other calls would rest; another test does that',
  ],
  ['POST /api/v1/mooring/certificates/authority/offline', keepsAuthority],
  ['PUT /api/v1/mooring/certificates/authority/key', keepsAuthority],
  ['POST /api/v1/mooring/certificates/authority/protect', keepsAuthority],
  ['PUT /api/v1/mooring/certificates/authority/passphrase', keepsAuthority],
  ['POST /api/v1/mooring/certificates/authority/rollover/switch', keepsAuthority],
  ['POST /api/v1/mooring/certificates/authority/rollover/finish', keepsAuthority],
  ['POST /api/v1/organization/{orgname}/validateproxycache', noUpstream],
  ['POST /api/v1/mooring/backup', noBackups],
  ['GET /api/v1/mooring/backup/{job_id}', noBackups],
  ['DELETE /api/v1/mooring/backup/{job_id}', noBackups],
  ['POST /api/v1/mooring/config/history/{version_id}/restore', 'no setting was changed before'],
  ['POST /api/v1/mooring/mirrors/preview', noUpstream],
  [
    'PUT /api/v1/mooring/mirrors/connection',
    'the site would be disconnected; another test does that',
  ],
  ['PUT /api/v1/mooring/mirrors/upstreams', noUpstream],
  ['POST /api/v1/mooring/mirrors/upstreams/test', noUpstream],
  ['GET /api/v1/mooring/repository/{repository}/mirror/content', noUpstream],
  ['POST /api/v1/mooring/repository/{repository}/mirror/preview', noUpstream],
  ['POST /api/v1/mooring/repository/{repository}/mirror/dry-run', noUpstream],
  ['POST /api/v1/mooring/repository/{repository}/mirror/estimate', noUpstream],
  [
    'GET /api/v1/mooring/bundles/requests/{bundle_id}',
    'no base is missing; another test does that',
  ],
  ['POST /api/v1/mooring/recovery', 'nobody has drawn codes; another test does'],
  ['POST /api/v1/user/initialize', 'there are accounts already'],
])
