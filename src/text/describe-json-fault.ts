/** The answer repeats only keys like this: a token in the place of a key looks different. */
const plainKey = /^[a-z][a-z_]{0,39}$/;

const blanks = /[ \t\n\r]*/y;
// A string without its closing quote, as far as it is sound.
// oxlint-disable-next-line no-control-regex -- These are the characters that JSON forbids in a string.
const openString = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

const controlNames: Record<string, string> = {
  '\n': 'line feed',
  '\r': 'carriage return',
  '\t': 'tab',
};

/** Where a text stops being JSON. `key`: whose value the string is that the fault stands in, if it may be repeated. */
interface Fault {
  position: number;
  isInString: boolean;
  key: string | null;
}

/** What may come next. `first` is the place behind an opening bracket, where the closing one may come as well. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'comma';

/**
 * Says why a text is not JSON and where: `holds a raw line feed at line 1, column 123, inside a string: remove it from
 * trigger_token`. Lines and columns count from 1, columns in UTF-16 units. The answer repeats no value of the text.
 * It is for texts that `JSON.parse` refused.
 */
export function describeJsonFault(text: string): string {
  const { position, isInString, key } = findFault(text);
  if (text.trim() === '') return 'is empty, not JSON';
  if (position >= text.length) return 'is not JSON: it ends too early';
  const lines = text.slice(0, position).split('\n');
  const place = `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
  const control = nameControl(text.charAt(position));
  if (control === null) return `is not JSON: the first error is at ${place}`;
  if (!isInString) return `holds a raw ${control} at ${place}: remove it`;
  return `holds a raw ${control} at ${place}, inside a string: remove it${key === null ? '' : ` from ${key}`}`;
}

/** `null`: no control character. */
function nameControl(character: string): string | null {
  const code = character.charCodeAt(0);
  if (code >= 0x20) return null;
  const digits = code.toString(16).toUpperCase().padStart(4, '0');
  return controlNames[character] ?? `control character (U+${digits})`;
}

function findFault(text: string): Fault {
  const closing: string[] = [];
  let expected: Expected = 'value';
  let key: string | null = null;
  let position = 0;
  for (;;) {
    position = match(blanks, text, position) ?? position;
    const at = text.charAt(position);
    const atFault: Fault = { position, isInString: false, key: null };
    if (at === '"' && expected !== 'colon' && expected !== 'comma') {
      const end = match(openString, text, position) ?? position;
      const isKey = expected.endsWith('key');
      if (text.charAt(end) !== '"') return { position: end, isInString: true, key: isKey ? null : key };
      if (isKey) key = text.slice(position + 1, end);
      if (key !== null && !plainKey.test(key)) key = null;
      expected = isKey ? 'colon' : 'comma';
      position = end + 1;
      continue;
    }
    const next = step(at, expected, closing);
    const end = next === null && expected.endsWith('value') ? match(scalar, text, position) : null;
    if (next === null && end === null) return atFault;
    if (at === ',' || at === '[' || at === '{') key = null;
    expected = next ?? 'comma';
    position = end ?? position + 1;
  }
}

/** What may follow a sign that is allowed here; `null`: it is not. `closing` holds the brackets that are to come. */
function step(sign: string, expected: Expected, closing: string[]): Expected | null {
  const mayClose = expected === 'comma' || expected.startsWith('first');
  if (mayClose && sign !== '' && sign === closing.at(-1)) {
    closing.pop();
    return 'comma';
  }
  if (expected === 'colon') return sign === ':' ? 'value' : null;
  if (expected === 'comma') {
    if (sign !== ',' || closing.length === 0) return null;
    return closing.at(-1) === '}' ? 'key' : 'value';
  }
  if (!expected.endsWith('value') || (sign !== '[' && sign !== '{')) return null;
  closing.push(sign === '[' ? ']' : '}');
  return sign === '[' ? 'first value' : 'first key';
}

/** The place behind the pattern's match right at `position`; `null`: it does not match there. */
function match(pattern: RegExp, text: string, position: number): number | null {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : null;
}
