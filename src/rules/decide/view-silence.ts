import type { Silence } from './silence.ts';

/** A silence as the contract shows it. */
export interface SilenceView {
  id: string;
  job: string;
  /** RFC 3339, UTC. */
  until: string;
  author: string;
  comment: string;
}

export function viewSilence({ id, job, until, author, comment }: Silence): SilenceView {
  return { id, job, until: new Date(until).toISOString(), author, comment };
}
