/**
 * Sorts as people read: `v9` before `v10`, capitals as small letters. Each number is led by how many
 * digits it has, so that keys compare as plain text.
 */
export function naturalKey(text: string): string {
  return text.toLowerCase().replaceAll(/\d+/g, (digits) => {
    const number = digits.replace(/^0+(?=\d)/, '')
    return String(number.length).padStart(3, '0') + number
  })
}
