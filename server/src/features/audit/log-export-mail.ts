import type { MailService } from '../mail/mail-service.ts'
import type { ExportReport, MailExportReport } from './log-export-run.ts'

/** The mail that tells what became of an export. */
export function mailExportReport(mail: MailService): MailExportReport {
  return (to, report) =>
    mail.send({ to, subject: 'Export Action Logs Complete', text: textOf(report) })
}

function textOf(report: ExportReport): string {
  const { namespace, repository, exported_data_url: url } = report
  const what = repository === null ? namespace : `${namespace}/${repository}`
  const facts = [
    `Export: ${report.export_id}`,
    `Days: ${report.start_time} to ${report.end_time}`,
    `Status: ${report.status}`,
  ].join('\n')
  const where =
    url === null ? 'There is nothing to download.' : `Download it while the link lives:\n${url}`
  return `The export of the action logs of ${what} has ended.\n\n${facts}\n\n${where}`
}
