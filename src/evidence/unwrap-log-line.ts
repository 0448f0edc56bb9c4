import { cleanText } from './clean-text.ts';
import { parseJsonObject } from './read-json.ts';

const keyValue = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+)/;
const prefix = /^(?:[A-Z]{4}\[\d{4}-\d\d-\d\dT[^\]]*\] ?|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )/;

/** The lines of a log entry's message, trimmed: one entry may hold several, and pads them with blanks. */
export function unwrapLogLine(line: string): string[] {
  return readMessage(line)
    .split('\n')
    .map((part) => part.trim());
}

function readMessage(line: string): string {
  if (line.startsWith('{')) {
    const message = parseJsonObject(line)?.['msg'];
    return typeof message === 'string' ? cleanText(message) : line;
  }
  const quoted = keyValue.exec(line)?.[1];
  if (quoted !== undefined) return unquote(quoted);
  return line.replace(prefix, '');
}

/** Go quotes almost as JSON does; where it does not, only its quotes and line ends matter here. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return cleanText(text.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\"', '"'));
}
