/**
 * Invisible characters that change how other characters are shown: direction marks, joiners, fillers, tags. Our texts do
 * not need them.
 */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const lineBreak = /\r\n?|[\u0085\u2028\u2029]/g;
const control = /[^\P{Cc}\n\t]/gu;

/** Characters that start a format in Slack, and similar ones that do not. An underscore within a word does not: `junit_operator`. */
const alike: Record<string, string> = { '*': '∗', '`': "'", '~': '∼', _: 'ˍ' };
const format = /[*`~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** Slack quotes a line that begins with either. */
const quote = /^([ \t]*)(?:&gt;|＞)/gm;
const quoteAlike = '›';

/**
 * Text from outside, for a place where Slack reads markup: the result has no mention, link or format. Slack has no escapes
 * except its three entities, so a character that would start a format is replaced by one that looks like it.
 */
export function escapeText(text: string): string {
  return escapeEntities(stripInvisible(text))
    .replace(format, (sign) => alike[sign] ?? sign)
    .replace(quote, `$1${quoteAlike}`);
}

/** The same for a place between ```: Slack reads no format there, so the other characters stay. */
export function escapeCode(text: string): string {
  return escapeEntities(stripInvisible(text)).replaceAll('`', "'");
}

/** For a place where Slack reads no markup. A lone surrogate becomes U+FFFD. */
export function stripInvisible(text: string): string {
  return text.toWellFormed().replace(lineBreak, '\n').replace(control, '').replace(invisible, '');
}

/** Restores the characters that `escapeText` replaced, in a text that a person copied from our message. */
export function restoreFormat(text: string): string {
  return text.replaceAll('∗', '*').replaceAll('∼', '~').replaceAll('ˍ', '_');
}

/** As Slack advises; without it `<!channel>` would be a mention. */
function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
