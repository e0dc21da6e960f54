import type { Component } from 'svelte'
import type { PageName } from '../router/routes.ts'

type Load = () => Promise<{ readonly default: Component<never> }>

export interface PageEntry {
  readonly load: Load
  /** Who the page is for; the server decides about what is on it. */
  readonly who: 'everybody' | 'visitor' | 'user' | 'superuser'
}

/**
 * Where each page's code is; loaded when somebody goes there. `visitor` pages are for whoever may look
 * without an account where the registry allows that.
 */
export const pages: Readonly<Partial<Record<PageName, PageEntry>>> = {
  'sign-in': { who: 'everybody', load: () => import('../features/sign-in/sign-in.svelte') },
  organizations: {
    who: 'visitor',
    load: () => import('../features/organizations/organizations.svelte'),
  },
  home: { who: 'superuser', load: () => import('../features/home/home.svelte') },
  health: { who: 'superuser', load: () => import('../features/health/health.svelte') },
  service: { who: 'superuser', load: () => import('../features/service/service.svelte') },
  'service-logs': {
    who: 'superuser',
    load: () => import('../features/service-logs/service-logs.svelte'),
  },
  repositories: {
    who: 'visitor',
    load: () => import('../features/repositories/repositories.svelte'),
  },
  repository: {
    who: 'visitor',
    load: () => import('../features/repository/repository.svelte'),
  },
  organization: {
    who: 'visitor',
    load: () => import('../features/organization/organization.svelte'),
  },
  user: { who: 'user', load: () => import('../features/organization/user.svelte') },
  team: { who: 'user', load: () => import('../features/teams/team.svelte') },
  'service-config': {
    who: 'superuser',
    load: () => import('../features/service-config/service-config.svelte'),
  },
  tag: { who: 'visitor', load: () => import('../features/tag/tag.svelte') },
  manifest: { who: 'visitor', load: () => import('../features/tag/manifest.svelte') },
  'usage-logs': {
    who: 'superuser',
    load: () => import('../features/usage-logs/usage-logs.svelte'),
  },
  mirrors: { who: 'superuser', load: () => import('../features/mirrors/mirrors.svelte') },
  mirror: { who: 'user', load: () => import('../features/mirrors/mirror-page.svelte') },
  'missed-pulls': {
    who: 'superuser',
    load: () => import('../features/mirrors/missed-pulls.svelte'),
  },
  storage: { who: 'superuser', load: () => import('../features/storage/storage.svelte') },
  backup: { who: 'superuser', load: () => import('../features/backup/backup.svelte') },
  'create-account': {
    who: 'everybody',
    load: () => import('../features/create-account/create-account.svelte'),
  },
  'update-user': {
    who: 'user',
    load: () => import('../features/update-user/update-user.svelte'),
  },
  recover: {
    who: 'everybody',
    load: () => import('../features/recover/recover.svelte'),
  },
  'oauth-error': {
    who: 'everybody',
    load: () => import('../features/oauth-error/oauth-error.svelte'),
  },
  'local-app': {
    who: 'everybody',
    load: () => import('../features/local-app/local-app.svelte'),
  },
  certificates: {
    who: 'superuser',
    load: () => import('../features/certificates/certificates.svelte'),
  },
  'service-keys': {
    who: 'superuser',
    load: () => import('../features/service-keys/service-keys.svelte'),
  },
  messages: {
    who: 'superuser',
    load: () => import('../features/messages/messages.svelte'),
  },
  'change-log': {
    who: 'superuser',
    load: () => import('../features/change-log/change-log.svelte'),
  },
  about: {
    who: 'visitor',
    load: () => import('../features/about/about.svelte'),
  },
  security: {
    who: 'visitor',
    load: () => import('../features/security/security.svelte'),
  },
  help: { who: 'everybody', load: () => import('../features/help/help.svelte') },
  search: { who: 'visitor', load: () => import('../features/search/search.svelte') },
  bundles: {
    who: 'superuser',
    load: () => import('../features/bundles/bundles.svelte'),
  },
  'bundle-export': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-export.svelte'),
  },
  'bundle-import': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-import.svelte'),
  },
  'bundle-selections': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-selections.svelte'),
  },
  'bundle-ledger': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-ledger.svelte'),
  },
  'bundle-trust': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-trust.svelte'),
  },
  'bundle-missing': {
    who: 'superuser',
    load: () => import('../features/bundles/bundle-missing.svelte'),
  },
}
