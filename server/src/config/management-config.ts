import type { Config } from './config.ts'
import type { ConfigKeys } from './config-schema.ts'
import { Secret } from './secret.ts'

/** The settings of sessions, tokens, mail, the time machine and the interface. */
export function managementConfig(keys: ConfigKeys) {
  return {
    sessions: {
      cookieName: keys.SESSION_COOKIE_NAME,
      secure:
        (keys.SESSION_COOKIE_SECURE || keys.PREFERRED_URL_SCHEME === 'https') &&
        !keys.FORCE_NONSECURE_SESSION_COOKIE,
      permanent: keys.FEATURE_PERMANENT_SESSIONS,
      lifeMs: keys.SESSION_TIMEOUT,
      freshLoginMs: keys.FRESH_LOGIN_TIMEOUT,
      xhrOnly: keys.BROWSER_API_CALLS_XHR_ONLY,
    },
    mail: {
      server: keys.MAIL_SERVER,
      port: keys.MAIL_PORT,
      useTls: keys.MAIL_USE_TLS,
      ...(present(keys.MAIL_USERNAME) && { username: keys.MAIL_USERNAME }),
      ...(present(keys.MAIL_PASSWORD) && { password: new Secret(keys.MAIL_PASSWORD) }),
      sender: keys.MAIL_DEFAULT_SENDER,
    },
    notifications: {
      sendTimeoutMs: keys.NOTIFICATION_SEND_TIMEOUT * 1_000,
      expiryEveryMs: keys.NOTIFICATION_TASK_RUN_MINIMUM_INTERVAL_MINUTES * 60_000,
      flowdockUrl: keys.MOORING_FLOWDOCK_URL,
      hipchatUrl: keys.MOORING_HIPCHAT_URL,
    },
    oauth: {
      directClientIds: keys.DIRECT_OAUTH_CLIENTID_WHITELIST,
      localHandler: keys.LOCAL_OAUTH_HANDLER,
      ...(present(keys.OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT) && {
        tokensPerApplication: keys.OAUTH_APPLICATION_MAXIMUM_TOKEN_COUNT,
      }),
    },
    appTokens: {
      ...(present(keys.APP_SPECIFIC_TOKEN_EXPIRATION) && {
        lifeMs: keys.APP_SPECIFIC_TOKEN_EXPIRATION,
      }),
      ...(present(keys.EXPIRED_APP_SPECIFIC_TOKEN_GC) && {
        keepExpiredMs: keys.EXPIRED_APP_SPECIFIC_TOKEN_GC,
      }),
    },
    timeMachine: {
      permanentlyDeleteTags: keys.PERMANENTLY_DELETE_TAGS,
      resetChildManifestExpiration: keys.RESET_CHILD_MANIFEST_EXPIRATION,
      labeledMinimumMs: keys.LABELED_EXPIRATION_MINIMUM,
      labeledMaximumMs: keys.LABELED_EXPIRATION_MAXIMUM,
    },
    collection: {
      everyMs: keys.GARBAGE_COLLECTION_FREQUENCY * 1_000,
      graceMs: keys.NAMESPACE_GC_GRACE_PERIOD_SECONDS * 1_000,
      graceNamespaces: keys.NAMESPACE_GC_GRACE_PERIOD_ALLOWLIST,
    },
    quota: {
      ...(keys.DEFAULT_SYSTEM_REJECT_QUOTA_BYTES > 0 && {
        defaultRejectBytes: keys.DEFAULT_SYSTEM_REJECT_QUOTA_BYTES,
      }),
      backfill: keys.QUOTA_BACKFILL,
      backfillDelayMs: keys.QUOTA_TOTAL_DELAY_SECONDS * 1_000,
      backfillEveryMs: keys.QUOTA_BACKFILL_POLL_PERIOD * 1_000,
      backfillBatchSize: keys.QUOTA_BACKFILL_BATCH_SIZE,
      invalidateTotals: keys.QUOTA_INVALIDATE_TOTALS,
    },
    ...(present(keys.MOORING_PROXY_CACHE_LIMIT) && {
      proxyCacheLimitBytes: keys.MOORING_PROXY_CACHE_LIMIT,
    }),
    logs: {
      ...(present(keys.ACTION_LOG_MAX_PAGE) && { maxPage: keys.ACTION_LOG_MAX_PAGE }),
      exportLifeMs: keys.EXPORT_ACTION_LOGS_SECONDS * 1_000,
      allowWithoutStrict: keys.ALLOW_WITHOUT_STRICT_LOGGING,
      allowPullsWithoutStrict: keys.ALLOW_PULLS_WITHOUT_STRICT_LOGGING,
    },
    search: {
      pageSize: keys.SEARCH_RESULTS_PER_PAGE,
      maxPages: keys.SEARCH_MAX_RESULT_PAGE_COUNT,
    },
    serviceKeys: {
      unapprovedTtlMs: keys.UNAPPROVED_SERVICE_KEY_TTL_SEC * 1_000,
      expiredTtlMs: keys.EXPIRED_SERVICE_KEY_TTL_SEC * 1_000,
    },
    outgoing: {
      allowedHosts: keys.SSRF_ALLOWED_HOSTS,
      blockedHosts: keys.WEBHOOK_HOSTNAME_BLACKLIST,
    },
    upstreamBandwidth: keys.MOORING_UPSTREAM_BANDWIDTH,
    upstreamProxy: {
      ...(keys.HTTP_PROXY !== undefined && { httpProxy: keys.HTTP_PROXY }),
      ...(keys.HTTPS_PROXY !== undefined && { httpsProxy: keys.HTTPS_PROXY }),
      ...(keys.NO_PROXY !== undefined && { noProxy: keys.NO_PROXY }),
    },
    interface: {
      title: keys.REGISTRY_TITLE,
      titleShort: keys.REGISTRY_TITLE_SHORT ?? keys.REGISTRY_TITLE,
      avatarKind: keys.AVATAR_KIND,
      contactInfo: keys.CONTACT_INFO,
      branding: keys.BRANDING,
      footerLinks: keys.FOOTER_LINKS,
    },
    mirrors: {
      everyMs: keys.REPO_MIRROR_INTERVAL * 1_000,
      rollback: keys.REPO_MIRROR_ROLLBACK,
      indexLimits: {
        sizeBytes: keys.REPO_MIRROR_MAX_MANIFEST_LIST_SIZE,
        entries: keys.REPO_MIRROR_MAX_MANIFEST_ENTRIES,
      },
      rollbackPageSize: keys.REPO_MIRROR_TAG_ROLLBACK_PAGE_SIZE,
      ...(present(keys.REPO_MIRROR_WORKER_REPLICAS) && {
        workers: keys.REPO_MIRROR_WORKER_REPLICAS,
      }),
    },
    orgMirrors: {
      everyMs: keys.ORG_MIRROR_INTERVAL * 1_000,
      longestDiscoveryMs: keys.ORG_MIRROR_MAX_DISCOVERY_DURATION * 1_000,
    },
    recoveryLinkLifeMs: keys.USER_RECOVERY_TOKEN_LIFETIME,
    publicNamespaces: keys.PUBLIC_NAMESPACES,
    corsOrigins: keys.CORS_ORIGIN,
    labelKeyReservedPrefixes: keys.LABEL_KEY_RESERVED_PREFIXES,
    ...(present(keys.PAGE_TOKEN_KEY) && { pageTokenKey: new Secret(keys.PAGE_TOKEN_KEY) }),
  } satisfies Partial<Config>
}

/** Neither left out nor null. */
function present<T>(value: T | null | undefined): value is T {
  return value !== undefined && value !== null
}
