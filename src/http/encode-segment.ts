/**
 * One part of a path as it stands in an address; `null` where no address can hold it: a part of one or two dots
 * leads to another place, however it is encoded. Half a character turns into U+FFFD.
 */
export function encodeSegment(text: string): string | null {
  return text === '.' || text === '..' ? null : encodeURIComponent(text.toWellFormed());
}
