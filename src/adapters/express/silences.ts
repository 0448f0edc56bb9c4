import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import { readSilence } from '../../intake/silence-request.ts';
import { viewSilence } from '../../rules/decide/silence.ts';
import type { HttpDeps } from './http-deps.ts';
import { sendProblem } from './problem.ts';

type SilenceDeps = Pick<HttpDeps, 'silences' | 'clock'>;

export function handleListSilences({ silences, clock }: SilenceDeps): RequestHandler {
  return async (_request, response) => {
    const active = await silences.list(clock.now());
    response.json({ silences: active.map(viewSilence) });
  };
}

/** Adds a silence. 201: it is on disk. */
export function handleAddSilence({ silences, clock }: SilenceDeps): RequestHandler {
  return async (request, response) => {
    const reading = readSilence(request.body, clock.now());
    if (!reading.ok) {
      const detail = 'Some fields are missing or malformed.';
      return sendProblem(response, { status: 400, detail, errors: reading.problems });
    }
    const silence = { id: randomUUID(), ...reading.silence };
    await silences.add(silence);
    response.status(201).location(`/api/v1/silences/${silence.id}`).json(viewSilence(silence));
  };
}

export function handleRemoveSilence({ silences }: SilenceDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const isRemoved = await silences.remove(request.params.id);
    if (!isRemoved)
      return sendProblem(response, { status: 404, detail: 'There is no silence with this id.' });
    response.status(204).end();
  };
}
