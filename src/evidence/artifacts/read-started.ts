import { parseJsonObject } from '../../text/json.ts';
import { readTimestamp } from './read-time.ts';

export interface Started {
  /** Milliseconds since the epoch. */
  startedAt: number | null;
}

/** Reads `started.json`. `null`: it is not readable as JSON. */
export function readStarted(text: string): Started | null {
  const json = parseJsonObject(text);
  return json === null ? null : { startedAt: readTimestamp(json['timestamp']) };
}
