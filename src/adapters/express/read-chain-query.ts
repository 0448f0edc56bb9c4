import type { Request } from 'express';
import type { ChainQuery } from '../../chain/chain-store.ts';
import { type ChainState, chainStates } from '../../chain/chain.ts';
import type { FieldProblem } from '../../intake/read-notification.ts';
import type { HttpDeps } from './http-deps.ts';

export type ChainQueryReading = { ok: true; query: ChainQuery } | { ok: false; problems: FieldProblem[] };

const defaultLimit = 50;
const maxLimit = 1000;
const known = ['job', 'state', 'limit', 'after'];

/** Reads `?job=&state=&limit=&after=`; what is empty counts as absent, and another name is a problem. */
export function readChainQuery(sent: Request['query'], matchGlob: HttpDeps['matchGlob']): ChainQueryReading {
  const job = readOne(sent['job']);
  const after = readOne(sent['after']);
  const limit = readLimit(readOne(sent['limit']));
  const states = readStates(readMany(sent['state']));
  const problems = nameUnknown(sent);
  if (job === null) problems.push({ field: 'job', message: 'may be given once' });
  // No job's name is longer, and a longer glob only costs time.
  if (job !== null && job.length > 253) problems.push({ field: 'job', message: 'is over 253 characters' });
  if (states === null) problems.push({ field: 'state', message: `must be among ${chainStates.join(', ')}` });
  if (limit === null) problems.push({ field: 'limit', message: `must be a number from 1 to ${maxLimit}` });
  if (after === null) problems.push({ field: 'after', message: 'may be given once' });
  if (job === null || states === null || limit === null || after === null || problems.length > 0)
    return { ok: false, problems };
  const query: ChainQuery = { limit };
  if (job !== '') query.matchesJob = matchGlob(job);
  if (states.length > 0) query.states = states;
  if (after !== '') query.after = after;
  return { ok: true, query };
}

/** A misspelt filter that is ignored would show everything. What is no word at all is not repeated. */
function nameUnknown(sent: Request['query']): FieldProblem[] {
  const others = Object.keys(sent).filter((name) => !known.includes(name));
  const message = `is not known here: use ${known.join(', ')}`;
  return others.map((name) => ({ field: /^[A-Za-z_-]{1,30}$/.test(name) ? name : 'query', message }));
}

function readMany(sent: unknown): string[] {
  const all: unknown[] = Array.isArray(sent) ? sent : [sent];
  return all.filter((each) => typeof each === 'string' && each !== '').map(String);
}

/** `''` where there is none, `null` where there are several. */
function readOne(sent: unknown): string | null {
  const [first = '', ...others] = readMany(sent);
  return others.length === 0 ? first : null;
}

function readLimit(text: string | null): number | null {
  if (text === '') return defaultLimit;
  const limit = text !== null && /^\d{1,4}$/.test(text) ? Number(text) : 0;
  return limit >= 1 && limit <= maxLimit ? limit : null;
}

function readStates(sent: string[]): ChainState[] | null {
  const words = sent.flatMap((list) => list.split(',')).filter((word) => word !== '');
  const states = words.map((word) => chainStates.find((state) => state === word));
  return states.every((state) => state !== undefined) ? states : null;
}
