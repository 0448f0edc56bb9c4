import type { HttpClient } from '../http/http-client.ts';
import type { SilenceView } from '../rules/decide/view-silence.ts';
import type { Secret } from '../secret.ts';
import { askServer, changeServer, expectField } from './server-api.ts';
import { tabulate } from './tabulate.ts';
import { answer, CommandFailure, type ExitCode, type Terminal } from './terminal.ts';

export interface SilencesOptions {
  server: string;
  json: boolean;
}

/** As a person gives it: `until` is a time in RFC 3339 or a duration, and the service reads it. */
export type NewSilence = Omit<SilenceView, 'id'>;

const silences = '/api/v1/silences';
const columns = ['ID', 'UNTIL', 'JOB', 'AUTHOR', 'COMMENT'];

/** Lists the silences that a running service keeps, the soonest to end first. */
export async function listSilences(
  http: HttpClient,
  terminal: Terminal,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const body = await askServer(http, server, silences);
  const active = expectField<{ silences: SilenceView[] }>(body, 'silences').silences;
  const rows = active.map(({ id, until, job, author, comment }) => [id, until, job, author, comment]);
  const lines = rows.length === 0 ? ['No silences.'] : tabulate([columns, ...rows]);
  answer(terminal, json, body, lines);
  return 0;
}

export async function addSilence(
  http: HttpClient,
  terminal: Terminal,
  wanted: NewSilence,
  token: Secret,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const body = await changeServer(http, server, { method: 'POST', path: silences, token, body: wanted });
  const { id, job, until } = expectField<SilenceView>(body, 'until');
  answer(terminal, json, body, [
    `Failures of ${job} are recorded and not tried again until ${until}.`,
    `To end it sooner: npm run --silent retrigger -- silence expire ${id}`,
  ]);
  return 0;
}

export async function expireSilence(
  http: HttpClient,
  terminal: Terminal,
  id: string,
  token: Secret,
  { server, json }: SilencesOptions,
): Promise<ExitCode> {
  const path = `${silences}/${encodeURIComponent(id)}`;
  const body = await changeServer(http, server, { method: 'DELETE', path, token });
  if (body === null) throw new CommandFailure(`There is no silence ${id} at ${server}.`);
  answer(terminal, json, { id }, [`Silence ${id} is over.`]);
  return 0;
}
