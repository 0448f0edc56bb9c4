const numericEntity = /&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi;

// ci-operator writes U+FFFD in the place of a control character, the escape in front of a colour among them.
// oxlint-disable-next-line no-control-regex -- Escapes are what is looked for.
const sequence = /[\u001B\uFFFD]\[[\d;:<=>?]*[ -/]*[@-~]|\u009B[\d;:?]*[A-Za-z]|\u001B[()][0-9A-Z]/g;
// oxlint-disable-next-line no-control-regex -- The same for a hyperlink or a window title.
const hyperlink = /\u001B\]\d*;[^\u0000-\u001F]*(?:\u0007|\u001B\\)/g;
const control = /[^\P{Cc}\n\t]|\uFFFD/gu;
/** They turn the order of the text behind them round, which in a message or a terminal is ours. */
const direction = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g;

/**
 * Makes plain text of what a terminal or a JUnit writer left behind: no ANSI sequence, no control character
 * but newline and tab, no mark of direction, no numeric entity, no U+FFFD, no half of a surrogate pair.
 */
export function cleanText(text: string): string {
  return text
    .replace(numericEntity, readEntity)
    .replace(sequence, '')
    .replace(hyperlink, '')
    .replace(/\r\n?/g, '\n')
    .toWellFormed()
    .replace(control, '')
    .replace(direction, '');
}

/** One line of visible text: blanks, line breaks, control and format characters become single blanks. */
export function toLine(text: string): string {
  return text.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').trim();
}

/** Cuts a text to `max` characters. The middle goes, because logs end with the error that counts. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  const mark = '\n[…]\n';
  const head = Math.floor(max / 4);
  const tail = max - head - mark.length;
  return `${text.slice(0, head)}${mark}${text.slice(text.length - tail)}`.toWellFormed();
}

function readEntity(_entity: string, hex: string | undefined, decimal: string | undefined): string {
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
  return code > 0x10ffff ? '' : String.fromCodePoint(code);
}

const maxLength = 200;

/** What looks like a secret in a log: a bearer token, an OpenShift, Slack or AWS one, a JWT, an incoming webhook. */
const secrets: readonly [RegExp, string][] = [
  [/\b(bearer|basic)\s+[\w.~+/=:-]{6,}/gi, '$1 <secret>'],
  [/\b(sha256~|xox[a-z]-|xapp-|whsec_|gh[a-z]_|glpat-|AKIA|ASIA)[\w.~+/=-]{6,}/g, '<secret>'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, '<secret>'],
  [/(\/services\/T\w+\/B\w+\/)[\w-]+/g, '$1<secret>'],
  [
    /\b(\w*(?:token|password|passwd|secret|api_?key)\w*(?:\s*=\s*["']?|["']\s*:\s*["']))[^\s"',;&]{6,}/gi,
    '$1<secret>',
  ],
];

/** The first line with a text in it of what a failure said, of 200 characters at most; `null`: it said nothing. */
export function summaryLine(messages: readonly string[]): string | null {
  const lines = messages.flatMap((message) => message.split('\n', 20)).map((line) => line.trim());
  const line = lines.find((each) => each !== '');
  if (line === undefined) return null;
  // What is cut before it is masked may leave half a secret that no longer looks like one.
  const masked = secrets.reduce((text, [pattern, mask]) => text.replace(pattern, mask), line.slice(0, 4_096));
  return masked.length > maxLength ? `${masked.slice(0, maxLength - 1)}…`.toWellFormed() : masked;
}
