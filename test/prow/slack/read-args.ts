import type { Asked } from '../wire.ts';
import { type Fields, isFields } from './shape.ts';

/** Arguments that a form carries as JSON, and Slack's error for what is none. */
const jsonArgs: Record<string, string> = {
  blocks: 'invalid_blocks_format',
  attachments: 'invalid_attachments',
  view: 'invalid_arguments',
  metadata: 'invalid_metadata_format',
};

export type ReadArgs = { kind: 'args'; args: Fields } | { kind: 'refused'; error: string };

/** The arguments of a call, sent as a form or as JSON, without its token. */
export function readArgs({ path, headers, body }: Asked): ReadArgs {
  const query = Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? ''));
  const type = headers['content-type'] ?? '';
  if (body.length === 0) return parseJsonArgs(query);
  if (type.startsWith('application/x-www-form-urlencoded')) {
    const { token: _, ...form } = Object.fromEntries(new URLSearchParams(body.toString()));
    return parseJsonArgs({ ...query, ...form });
  }
  if (!type.startsWith('application/json')) return { kind: 'refused', error: 'invalid_post_type' };
  const json = parseJson(body.toString());
  if (json === undefined) return { kind: 'refused', error: 'invalid_json' };
  return isFields(json)
    ? parseJsonArgs({ ...query, ...json })
    : { kind: 'refused', error: 'json_not_object' };
}

function parseJsonArgs(args: Fields): ReadArgs {
  const read = { ...args };
  for (const [name, error] of Object.entries(jsonArgs)) {
    const value = args[name];
    if (typeof value !== 'string') continue;
    read[name] = parseJson(value);
    if (read[name] === undefined) return { kind: 'refused', error };
  }
  return { kind: 'args', args: read };
}

/** `undefined`: it is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
