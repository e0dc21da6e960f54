import { m } from '../../paraglide/messages.js'

/** Labels and fixed values that the server sums a step up with, in the language of the page. */
const labels: Readonly<Record<string, () => string>> = {
  Language: m.setup_language,
  Title: m.setup_identity_title,
  Name: m.setup_identity_name,
  'More names': m.setup_identity_more,
  'External port': m.setup_identity_port,
  'Listens on': m.setup_network_addresses,
  Ports: m.setup_sum_ports,
  Outbound: m.setup_network_outbound,
  Certificate: m.setup_sum_certificate,
  Authority: m.setup_sum_authority,
  'Key of the authority': m.setup_cert_key_place,
  Content: m.setup_sum_content,
  Database: m.setup_storage_database,
  'Time machine': m.setup_storage_time_machine,
  Administrator: m.setup_step_admin,
  'Anonymous pulls': m.setup_sum_anonymous,
  'Self-registration': m.setup_sum_registration,
  Mode: m.setup_mirrors_mode,
  Scanner: m.setup_scan_kind,
}

const values: Readonly<Record<string, () => string>> = {
  direct: m.setup_network_direct,
  proxy: m.setup_network_proxy,
  off: m.setup_sum_off,
  allowed: m.setup_sum_allowed,
  'built-in': m.setup_storage_sqlite,
  none: m.setup_sum_none,
  connected: m.setup_mirrors_connected,
  disconnected: m.setup_mirrors_disconnected,
  both: m.setup_mirrors_both,
  'a certificate authority made here': m.setup_cert_create,
  "the company's certificate authority": m.setup_cert_company,
  'a finished certificate': m.setup_cert_finished,
  'signed elsewhere, a temporary one until then': m.setup_cert_request,
  'stored here, for renewal by itself': m.setup_cert_key_stored,
  'stored here, behind a passphrase': m.setup_cert_key_passphrase,
  'taken offline after setup': m.setup_cert_key_offline,
  '0s': m.setup_time_none,
  '1d': m.setup_time_1d,
  '1w': m.setup_time_1w,
  '2w': m.setup_time_2w,
  '4w': m.setup_time_4w,
}

export function summaryLine({ label, value }: { label: string; value: string }) {
  return { label: labels[label]?.() ?? label, text: values[value]?.() ?? value }
}
