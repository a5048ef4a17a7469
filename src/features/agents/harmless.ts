/** Without characters that hide, turn around or take away what stands there. */
export function harmless(text: string): string {
  return text
    .replaceAll(/\r\n|[\r\u2028\u2029]/g, '\n')
    .replaceAll(/(?!\n)[\p{Cc}\p{Cf}]/gu, '')
    .trim()
}
