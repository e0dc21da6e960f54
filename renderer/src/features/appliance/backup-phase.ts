import { m } from '../../paraglide/messages.js'

const phases: Readonly<Record<string, () => string>> = {
  preparing: m.backup_phase_preparing,
  database: m.backup_phase_database,
  configuration: m.backup_phase_configuration,
  content: m.backup_phase_content,
  finishing: m.backup_phase_finishing,
  verifying: m.backup_phase_verifying,
  switching: m.backup_phase_finishing,
}

/** What a backup or a restore is doing. */
export const backupPhase = (phase: string) => phases[phase]?.() ?? phase
