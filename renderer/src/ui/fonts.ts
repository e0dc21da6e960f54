/** Japanese letters are some megabytes in many small files: only where the language asks for them. */
export async function loadFontsFor(locale: string): Promise<void> {
  if (locale === 'ja') await import('@fontsource-variable/noto-sans-jp/wght.css')
}
