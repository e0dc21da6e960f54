import type { StepId } from '@mooring/server/contract/setup-steps'
import { m } from '../../paraglide/messages.js'

/** About the field that somebody is in, by its name; of an item of a list, without its number. */
const helps: { readonly [Id in StepId]?: Readonly<Record<string, () => string>> } = {
  identity: {
    title: m.setup_about_identity_title,
    primaryName: m.setup_about_identity_primary_name,
    moreNames: m.setup_about_identity_more_names,
    externalPort: m.setup_about_identity_external_port,
  },
  network: {
    family: m.setup_about_network_family,
    addresses: m.setup_about_network_addresses,
    httpsPort: m.setup_about_network_https_port,
    httpPort: m.setup_about_network_http_port,
    httpFor: m.setup_about_network_http_for,
    metricsPort: m.setup_about_network_metrics_port,
    metricsFor: m.setup_about_network_metrics_for,
    tls13Only: m.setup_about_network_tls13_only,
    'outbound.kind': m.setup_about_network_outbound_kind,
    'outbound.httpsProxy': m.setup_about_network_outbound_https_proxy,
    'outbound.httpProxy': m.setup_about_network_outbound_http_proxy,
    'outbound.noProxy': m.setup_about_network_outbound_no_proxy,
  },
  certificates: {
    kind: m.setup_about_certificates_kind,
    commonName: m.setup_about_certificates_common_name,
    keyType: m.setup_about_certificates_key_type,
    years: m.setup_about_certificates_years,
    serverDays: m.setup_about_certificates_server_days,
    'authorityKey.kind': m.setup_about_certificates_authority_key_kind,
    'authorityKey.passphrase': m.setup_about_certificates_authority_key_passphrase,
    nameConstraints: m.setup_about_certificates_name_constraints,
    'authority.certificate': m.setup_about_certificates_authority_certificate,
    'authority.key': m.setup_about_certificates_authority_key,
    'server.certificate': m.setup_about_certificates_server_certificate,
    'server.key': m.setup_about_certificates_server_key,
  },
  storage: {
    'where.kind': m.setup_about_storage_where_kind,
    'where.path': m.setup_about_storage_where_path,
    'where.endpoint': m.setup_about_storage_where_endpoint,
    'where.bucket': m.setup_about_storage_where_bucket,
    'where.pathStyle': m.setup_about_storage_where_path_style,
    'database.kind': m.setup_about_storage_database_kind,
    'database.tls': m.setup_about_storage_database_tls,
    warnAtPercent: m.setup_about_storage_warn_at_percent,
    stopAtPercent: m.setup_about_storage_stop_at_percent,
    timeMachine: m.setup_about_storage_time_machine,
  },
  admin: {
    username: m.setup_about_admin_username,
    email: m.setup_about_admin_email,
    password: m.setup_about_admin_password,
    anonymousPulls: m.setup_about_admin_anonymous_pulls,
    selfRegistration: m.setup_about_admin_self_registration,
    sessionDays: m.setup_about_admin_session_days,
  },
  mirrors: {
    mode: m.setup_about_mirrors_mode,
    'upstreams.url': m.setup_about_mirrors_upstreams_url,
    'upstreams.username': m.setup_about_mirrors_upstreams_username,
    'upstreams.organization': m.setup_about_mirrors_upstreams_organization,
    'upstreams.mode': m.setup_about_mirrors_upstreams_mode,
    'upstreams.ca': m.setup_about_mirrors_upstreams_ca,
    'upstreams.content.repository': m.setup_about_mirrors_upstreams_content_repository,
    'upstreams.content.tags': m.setup_about_mirrors_upstreams_content_tags,
    'upstreams.content.newest': m.setup_about_mirrors_upstreams_content_newest,
  },
  scanning: {
    kind: m.setup_about_scanning_kind,
    url: m.setup_about_scanning_url,
    psk: m.setup_about_scanning_psk,
    data: m.setup_about_scanning_data,
  },
}

export function fieldHelp(step: StepId, field: string | undefined): string | undefined {
  return field === undefined ? undefined : helps[step]?.[field.replaceAll(/\.\d+(?=\.)/g, '')]?.()
}
