import type { Problem, Fields } from './shape.ts';
import type { SlackLimits } from './slack-limits.ts';
import type { SlackToken } from './slack-tokens.ts';
import type { Triggers } from './triggers.ts';
import type { Workspace } from './workspace.ts';

/** A modal that somebody has before them. */
export interface OpenView {
  id: string;
  user: string;
  view: Fields;
  /** Ms on the stand-in's clock. */
  at: number;
}

/** What the methods work on. */
export interface Holdings {
  workspace: Workspace;
  limits: SlackLimits;
  triggers: Triggers;
  views: OpenView[];
  /** A reply to a message that is gone becomes one of its own, as Slack is seen to do too (slack-go/slack#1571). */
  unthreadsOrphans: boolean;
  /** What apps.connections.open tells; `null`: it has none to tell. */
  socketUrl: string | null;
}

export interface ApiCall {
  args: Fields;
  token: SlackToken;
  now: number;
  slack: Holdings;
}

export type Outcome =
  | { kind: 'done'; fields: Fields }
  | { kind: 'refused'; error: string; fields: Fields }
  /** 429, with Retry-After in seconds. */
  | { kind: 'slow-down'; retryAfter: number };

export interface ApiMethod {
  takes: SlackToken['kind'];
  needs: string | null;
  run: (call: ApiCall) => Outcome;
}

export function done(fields: Fields = {}): Outcome {
  return { kind: 'done', fields };
}

export function refused(error: string, fields: Fields = {}): Outcome {
  return { kind: 'refused', error, fields };
}

/** A refusal that says what is wrong where, as Slack words it. */
export function refusedFor(error: string, problems: Problem[]): Outcome {
  const errors = problems.map(({ text, at }) => `${text} [json-pointer:${at}]`);
  if (errors.length === 0) return refused(error);
  return refused(error, {
    errors,
    response_metadata: { messages: errors.map((text) => `[ERROR] ${text}`) },
  });
}

export function missing(name: string): Outcome {
  const messages = [`[ERROR] missing required field: ${name}`];
  return refused('invalid_arguments', { response_metadata: { messages } });
}
