/**
 * Signs that nobody sees and that change how the others are shown: marks of direction, joiners, fillers, tags. Slack has
 * no use for them in a text of ours.
 */
const invisible = /[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
const lineBreak = /\r\n?|[\u0085\u2028\u2029]/g;
const control = /[^\P{Cc}\n\t]/gu;

/** What Slack makes a format of, and the sign that looks like it. An underscore within a word is none: `junit_operator`. */
const alike: Record<string, string> = { '*': '∗', '`': "'", '~': '∼', _: 'ˍ' };
const format = /[*`~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** Slack quotes a line that begins with either. */
const quote = /^([ \t]*)(?:&gt;|＞)/gm;
const quoteAlike = '›';

/**
 * Text of others, for a place in which Slack reads markup: it mentions nobody, links to nothing and has no format. Slack
 * knows no escape but its three entities, so a sign that would begin a format gives way to one that looks like it.
 */
export function escapeText(text: string): string {
  return escapeEntities(stripInvisible(text))
    .replace(format, (sign) => alike[sign] ?? sign)
    .replace(quote, `$1${quoteAlike}`);
}

/** The same for a place between ```: Slack reads no format there, so signs stay as they are. */
export function escapeCode(text: string): string {
  return escapeEntities(stripInvisible(text)).replaceAll('`', "'");
}

/** For a place in which Slack reads no markup. Half a character, which no form can carry, turns into U+FFFD. */
export function stripInvisible(text: string): string {
  return text.toWellFormed().replace(lineBreak, '\n').replace(control, '').replace(invisible, '');
}

/** What a person copied from a message of ours, with the signs that stood there before `escapeText`. */
export function restoreFormat(text: string): string {
  return text.replaceAll('∗', '*').replaceAll('∼', '~').replaceAll('ˍ', '_');
}

/** Slack's own advice; without it `<!channel>` would be a mention. */
function escapeEntities(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
