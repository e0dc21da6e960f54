import { m } from '../../paraglide/messages.js'
import type { PageName } from '../../router/routes.ts'

export const helpTopics = [
  { name: 'getting-started', title: m.help_topic_getting_started },
  { name: 'trust', title: m.help_topic_trust },
  { name: 'push-pull', title: m.help_topic_push_pull },
  { name: 'users-robots', title: m.help_topic_users_robots },
  { name: 'certificates', title: m.help_topic_certificates },
  { name: 'backup', title: m.help_topic_backup },
  { name: 'storage', title: m.help_topic_storage },
  { name: 'mirroring', title: m.help_topic_mirroring },
  { name: 'bundles', title: m.help_topic_bundles },
  { name: 'troubleshooting', title: m.help_topic_troubleshooting },
] as const

export type HelpTopic = (typeof helpTopics)[number]['name']

const byPage: Readonly<Partial<Record<string, HelpTopic>>> = {
  organizations: 'users-robots',
  organization: 'users-robots',
  user: 'users-robots',
  team: 'users-robots',
  repositories: 'push-pull',
  repository: 'push-pull',
  tag: 'push-pull',
  manifest: 'push-pull',
  certificates: 'certificates',
  storage: 'storage',
  backup: 'backup',
  health: 'troubleshooting',
  service: 'troubleshooting',
  'service-logs': 'troubleshooting',
  'service-config': 'troubleshooting',
  'usage-logs': 'troubleshooting',
  'sign-in': 'troubleshooting',
  recover: 'users-robots',
  mirrors: 'mirroring',
  mirror: 'mirroring',
  bundles: 'bundles',
  'bundle-export': 'bundles',
  'bundle-import': 'bundles',
  'bundle-selections': 'bundles',
  'bundle-ledger': 'bundles',
  'bundle-trust': 'bundles',
  'bundle-missing': 'bundles',
}

/** What helps on a page. */
export const topicOf = (page: PageName): HelpTopic => byPage[page] ?? 'getting-started'

export const helpPath = (topic: HelpTopic) => `/help/${topic}`
