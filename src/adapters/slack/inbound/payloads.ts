import { z } from 'zod';

const UserId = z.string().regex(/^[UW][A-Z0-9]{1,30}$/);
const User = z.object({ id: UserId, username: z.string().catch(''), name: z.string().catch('') });

/** A slash command. */
export const Command = z.object({
  command: z.string().startsWith('/'),
  text: z.string().catch(''),
  trigger_id: z.string().catch(''),
  user_id: UserId,
  user_name: z.string().catch(''),
  response_url: z.string(),
});

/** A button of a card. */
export const Press = z.object({
  type: z.literal('block_actions'),
  user: User,
  trigger_id: z.string(),
  response_url: z.string(),
  actions: z.tuple([z.object({ action_id: z.enum(['retry', 'cancel', 'silence']), value: z.string() })]),
});

const Field = z.object({
  value: z.string().nullish(),
  /** Seconds since the epoch. */
  selected_date_time: z.number().nullish(),
});

/** The form that asks for time and comment of a silence. */
export const Submission = z.object({
  type: z.literal('view_submission'),
  user: User,
  view: z.object({
    callback_id: z.literal('silence'),
    /** The chain's id. */
    private_metadata: z.string(),
    state: z.object({ values: z.record(z.string(), z.record(z.string(), Field)) }),
  }),
});

/** What Slack asks to see whether we are there. */
const Probe = z.union([
  z.object({ type: z.literal('url_verification'), challenge: z.string() }),
  z.object({ ssl_check: z.string() }),
]);

/** Whether somebody asks something of us: Bolt is handed nothing else, because it trips over other shapes. */
export function isForUs(body: unknown): boolean {
  return [Command, Press, Submission].some((schema) => schema.safeParse(body).success);
}

export function isProbe(body: unknown): boolean {
  return Probe.safeParse(body).success;
}
