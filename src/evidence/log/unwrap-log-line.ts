import { cleanText } from '../../text/clean-text.ts';
import { parseJsonObject } from '../../text/json.ts';

/** A line of ci-operator's log, without the time, the level and the blanks around it. */
export interface LogLine {
  message: string;
  /** An entry of the log begins here. Other lines continue an entry, or are printed by something else. */
  fresh: boolean;
}

const keyValue = /^time="[^"]*" level=\w+ msg=("(?:[^"\\]|\\.)*"|\S+)/;
const prefix = /^(?:[A-Z]{4}\[(?:\d{4}-\d\d-\d\dT[^\]]*|\d{4,6})\] ?|\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d )/;

/** The lines of a log entry's message: one entry can hold several. */
export function unwrapLogLine(line: string): LogLine[] {
  const message = readMessage(line);
  return (message ?? line)
    .split('\n')
    .map((part, at) => ({ message: part.trim(), fresh: message !== null && at === 0 }));
}

/** `null`: the line does not begin as an entry does. */
function readMessage(line: string): string | null {
  if (line.startsWith('{')) {
    const message = parseJsonObject(line)?.['msg'];
    return typeof message === 'string' ? cleanText(message) : null;
  }
  const quoted = keyValue.exec(line)?.[1];
  if (quoted !== undefined) return unquote(quoted);
  return prefix.test(line) ? line.replace(prefix, '') : null;
}

/** Go quotes almost as JSON does; where it does not, only its quotes and line ends matter here. */
export function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  return cleanText(text.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\"', '"'));
}
