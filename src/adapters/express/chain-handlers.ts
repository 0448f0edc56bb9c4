import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { RequestHandler, Response } from 'express';
import type { ChainPage, ChainQuery } from '../../chain/chain-store.ts';
import type { Chain } from '../../chain/chain.ts';
import { viewChain } from '../../chain/view-chain.ts';
import type { ActResult } from '../../flow/requests/cancel-and-retry.ts';
import type { HttpDeps } from './http-deps.ts';
import { addToLine } from './request-log.ts';
import { readChainQuery } from './read-chain-query.ts';
import { type Problem, sendProblem } from './problem.ts';

type ById = RequestHandler<{ id: string }>;

/** Number of chains that are rendered and written at a time. */
const atATime = 20;

const absent: Problem = { status: 404, detail: 'There is no chain with this id.' };
const badQuery = { status: 400, detail: 'Some parameters are not right.' };

export function listChains({ store, matchGlob }: Pick<HttpDeps, 'store' | 'matchGlob'>): RequestHandler {
  return async (request, response) => {
    const reading = readChainQuery(request.query, matchGlob);
    if (!reading.ok) return sendProblem(response, { ...badQuery, errors: reading.problems });
    const page = await readPage(store, reading.query);
    if (page === null) {
      const errors = [{ field: 'after', message: 'must be the next of an earlier page' }];
      return sendProblem(response, { ...badQuery, errors });
    }
    await sendPage(response, page);
  };
}

/**
 * Renders and writes a long page a few chains at a time, so that other requests are served in between, and no faster than
 * the caller reads it.
 */
async function sendPage(response: Response, { chains, next }: ChainPage): Promise<void> {
  if (chains.length <= atATime) return void response.json({ chains: chains.map(viewChain), next });
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
  for (let from = 0; from < chains.length; from += atATime) {
    const views = chains.slice(from, from + atATime).map((chain) => JSON.stringify(viewChain(chain)));
    yield start + views.join(',');
    start = ',';
    await setImmediate();
  }
  yield `],"next":${JSON.stringify(next)}}`;
}

/** `null` where no page gave this `after`. */
async function readPage(store: HttpDeps['store'], query: ChainQuery): Promise<ChainPage | null> {
  try {
    return await store.page(query);
  } catch (error) {
    if (error instanceof RangeError && query.after !== undefined) return null;
    throw error;
  }
}

export function showChain({ store }: Pick<HttpDeps, 'store'>): ById {
  return async (request, response) => {
    const chain = await store.get(request.params.id);
    if (chain === null) return sendProblem(response, absent);
    addToLine(response, { chain: chain.id });
    response.json(viewChain(chain));
  };
}

/** Does what a person wants with a chain and answers with its new view. */
export function changeChain(act: (id: string) => Promise<ActResult>): ById {
  return async (request, response) => {
    const result = await act(request.params.id);
    if (result.kind === 'absent') return sendProblem(response, absent);
    addToLine(response, { chain: request.params.id });
    if (result.kind === 'conflict') return sendProblem(response, { status: 409, detail: result.detail });
    response.json(viewChain(result.chain));
  };
}
