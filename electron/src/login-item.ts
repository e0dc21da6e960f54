/** The file that starts the program with the desktop (XDG autostart), for desktops of Linux. */
export function autostartEntry(program: string): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Mooring',
    'Comment=Container registry appliance',
    'Icon=mooring',
    `Exec=${quoteExec(program)} --hidden`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/**
 * A program's path as the Desktop Entry Specification wants it. Two rules apply one after the other:
 * quoting of arguments, then escaping of strings; a percent sign would begin a field code.
 */
function quoteExec(program: string): string {
  const quoted = program.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')
  return `"${quoted.replaceAll('\\', '\\\\')}"`
}
