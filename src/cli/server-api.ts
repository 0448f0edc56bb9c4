import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { describeFault, type HttpClient, type HttpOutcome } from '../http/http-client.ts';
import type { Secret } from '../secret.ts';
import { CommandFailure } from './terminal.ts';

const timeoutMs = 15_000;
const maxAnswerBytes = 32 * 1024 * 1024;
const maxQuoted = 500;

const Problem = z.object({
  detail: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).default([]),
});

/** The option that names the service to ask; without it, that of the settings is asked. */
export interface ServerOption {
  server?: string;
}

/** Reads the option; commander shows what it throws. */
export function readServer(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('Write an address such as http://127.0.0.1:5000.');
  }
  return text.replace(/\/+$/, '');
}

/** What is to be changed in a running service. */
interface ServerChange {
  method: 'POST' | 'DELETE';
  path: string;
  token: Secret;
  body?: unknown;
}

/** Nothing answers at the address. */
export class NoService extends CommandFailure {}

/** The JSON of one of the running service's addresses; `null` for 404. */
export async function askServer(http: HttpClient, server: string, path: string): Promise<unknown> {
  return readAnswer(server, await http.call({ method: 'GET', url: server + path, timeoutMs }));
}

/** Changes something: the JSON of the answer, `undefined` where it has no content, `null` for 404. */
export async function changeServer(http: HttpClient, server: string, change: ServerChange): Promise<unknown> {
  const { method, path, token, body } = change;
  const headers = { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const outcome = await http.call({ method, url: server + path, headers, timeoutMs, ...sent });
  if (outcome.kind !== 'broken') return readAnswer(server, outcome);
  throw new CommandFailure(`The answer of ${server} was lost (${outcome.why}): look whether it was done.`);
}

async function readAnswer(server: string, outcome: HttpOutcome): Promise<unknown> {
  if (outcome.kind !== 'answered') {
    throw new NoService(
      `No service answers at ${server} (${outcome.why}): start it with npm start, or name it with --server URL.`,
    );
  }
  const text = await outcome.text(maxAnswerBytes).catch((error: unknown) => {
    throw new CommandFailure(`The answer of ${server} broke off (${describeFault(error)}).`);
  });
  const { status } = outcome;
  if (status === 404) return null;
  if (status === 204) return undefined;
  if (status === 200 || status === 201) return parseJson(text);
  throw new CommandFailure(`${server} answered ${status}: ${describeProblem(text)}`, status === 400 ? 2 : 1);
}

/** The answer of our own service; something else may listen at the address. */
export function expectField<T>(body: unknown, field: keyof T): T {
  if (typeof body === 'object' && body !== null && field in body) return body as T;
  throw new CommandFailure('The answer is not that of a retrigger service: is the address right?');
}

/** The problem+json of our service in words; anything else as it came, as far as one wants to read it. */
function describeProblem(text: string): string {
  const read = Problem.safeParse(parseJson(text));
  if (!read.success) return text.slice(0, maxQuoted);
  const { detail, errors } = read.data;
  return [detail, ...errors.map(({ field, message }) => `${field} ${message}.`)].join(' ');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
