import { openingNote, tarName } from '../bundle-names.ts'

/** What lies unencrypted beside the volumes: how they are opened, and nothing about what is in them. */
export function openingNoteText(id: string, volumes: number, isSplit: boolean): string {
  const first = tarName(id, 1, { isSplit, isEncrypted: true })
  return [
    `Bundle ${id}`,
    '',
    `Container images, encrypted with age (https://age-encryption.org) in ${volumes === 1 ? 'one volume' : `${String(volumes)} volumes`}.`,
    '',
    'Check that the files arrived as they were written. This does not say who wrote them:',
    `  sha256sum -c bundle-${id}*.sha256`,
    '',
    'Open them without Mooring, with the identity (AGE-SECRET-KEY-1...) they were encrypted for:',
    '  mkdir bundle',
    `  for v in bundle-${id}*.age; do age -d -i key.txt "$v" | tar -xC bundle; done`,
    'age tells when a file was changed or cut short. bundle/README.txt says how to go on: how to check',
    'the signature, which is inside, and how to load the images with skopeo.',
    '',
    'Load everything, with Mooring:',
    '  mooring bundle import --identity key.txt .',
    'Without --identity it uses the identity of that registry, whose recipient it shows under Trust.',
    '',
    `The first volume is ${first}; this file is ${openingNote(id)}.`,
    '',
  ].join('\n')
}
