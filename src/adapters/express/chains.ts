import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { RequestHandler, Response, Request } from 'express';
import type { ChainPage, ChainQuery } from '../../chain/chain-store.ts';
import { type Chain } from '../../chain/chain.ts';
import { type ChainState, chainStates } from '../../chain/transitions.ts';
import { viewChain } from '../../report/chain/view-chain.ts';
import type { ActionOutcome } from '../../flow/requests/chain-actions.ts';
import type { HttpDeps } from './http-deps.ts';
import { addLogFields } from './request-log.ts';
import { type HttpProblem, sendProblem } from './problem.ts';
import type { FieldProblem } from '../../intake/notification.ts';

type ById = RequestHandler<{ id: string }>;

/** This many chains are rendered and written at a time. */
const chainsPerChunk = 20;

const absent: HttpProblem = { status: 404, detail: 'There is no chain with this id.' };
const invalidQuery = { status: 400, detail: 'Some parameters are not right.' };

export function handleListChains({
  store,
  matchGlob,
}: Pick<HttpDeps, 'store' | 'matchGlob'>): RequestHandler {
  return async (request, response) => {
    const reading = readChainQuery(request.query, matchGlob);
    if (!reading.ok) return sendProblem(response, { ...invalidQuery, errors: reading.problems });
    const page = await readPage(store, reading.query);
    if (page === null) {
      const errors = [{ field: 'after', message: 'must be the next of an earlier page' }];
      return sendProblem(response, { ...invalidQuery, errors });
    }
    await sendPage(response, page);
  };
}

/**
 * Renders and writes a long page a few chains at a time, so that other requests are served in between, and no faster than
 * the caller reads it.
 */
async function sendPage(response: Response, { chains, next }: ChainPage): Promise<void> {
  if (chains.length <= chainsPerChunk) return void response.json({ chains: chains.map(viewChain), next });
  response.type('json');
  try {
    await pipeline(Readable.from(writePage(chains, next)), response);
  } catch (error) {
    // The caller closed the connection.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}

async function* writePage(chains: readonly Chain[], next: string | null): AsyncGenerator<string> {
  let start = '{"chains":[';
  for (let from = 0; from < chains.length; from += chainsPerChunk) {
    const views = chains.slice(from, from + chainsPerChunk).map((chain) => JSON.stringify(viewChain(chain)));
    yield start + views.join(',');
    start = ',';
    await setImmediate();
  }
  yield `],"next":${JSON.stringify(next)}}`;
}

/** `null`: no page has returned this `after`. */
async function readPage(store: HttpDeps['store'], query: ChainQuery): Promise<ChainPage | null> {
  try {
    return await store.page(query);
  } catch (error) {
    if (error instanceof RangeError && query.after !== undefined) return null;
    throw error;
  }
}

export function handleShowChain({ store }: Pick<HttpDeps, 'store'>): ById {
  return async (request, response) => {
    const chain = await store.get(request.params.id);
    if (chain === null) return sendProblem(response, absent);
    addLogFields(response, { chain: chain.id });
    response.json(viewChain(chain));
  };
}

/** Applies a person's action to a chain and answers with the chain's new view. */
export function handleChangeChain(act: (id: string) => Promise<ActionOutcome>): ById {
  return async (request, response) => {
    const result = await act(request.params.id);
    if (result.kind === 'absent') return sendProblem(response, absent);
    addLogFields(response, { chain: request.params.id });
    if (result.kind === 'conflict') return sendProblem(response, { status: 409, detail: result.detail });
    response.json(viewChain(result.chain));
  };
}

type ChainQueryReading = { ok: true; query: ChainQuery } | { ok: false; problems: FieldProblem[] };

const defaultLimit = 50;
const maxLimit = 1000;
const knownParameters = ['job', 'state', 'limit', 'after'];

/** Reads `?job=&state=&limit=&after=`. An empty value counts as absent, and any other name is a problem. */
function readChainQuery(sent: Request['query'], matchGlob: HttpDeps['matchGlob']): ChainQueryReading {
  const job = readSingle(sent['job']);
  const after = readSingle(sent['after']);
  const limit = readLimit(readSingle(sent['limit']));
  const states = readStates(readMany(sent['state']));
  const problems = findUnknown(sent);
  if (job === null) problems.push({ field: 'job', message: 'may be given once' });
  // No job has a longer name, so a longer glob only costs time.
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

/** A misspelt filter must not be ignored, because the answer would then show all chains. A name that is not a word is not repeated. */
function findUnknown(sent: Request['query']): FieldProblem[] {
  const others = Object.keys(sent).filter((name) => !knownParameters.includes(name));
  const message = `is not known here: use ${knownParameters.join(', ')}`;
  return others.map((name) => ({ field: /^[A-Za-z_-]{1,30}$/.test(name) ? name : 'query', message }));
}

function readMany(sent: unknown): string[] {
  const all: unknown[] = Array.isArray(sent) ? sent : [sent];
  return all.filter((each) => typeof each === 'string' && each !== '').map(String);
}

/** `''`: there is none. `null`: there are several. */
function readSingle(sent: unknown): string | null {
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
