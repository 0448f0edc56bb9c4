import { type Delivery, signDelivery } from '../prow/slack/deliver.ts';
import { isFields } from '../prow/slack/shape.ts';
import type { SlackApi } from '../prow/slack/slack-api.ts';
import { commandForm, pressPayload, submitPayload } from '../prow/slack/slack-payloads.ts';
import type { OpenView } from '../prow/slack/api-call.ts';
import type { ChannelMessage } from '../prow/slack/workspace.ts';
import { listBodies } from './hostile-requests.ts';

/** What people sent in earnest, to be spoilt. */
export interface Earnest {
  message: ChannelMessage;
  view: OpenView;
  user: string;
}

const form = 'application/x-www-form-urlencoded';
/** What a person says or is called is shown to people, whatever it is; so are addresses that Slack is asked to answer at. */
const shownByDesign = ['text', 'user_name', 'username', 'name', 'command', 'value', 'trigger_id'];

/** What may come to Slack's door: the secret in any place of a body, signed well, badly and not at all. */
export function listHostileDeliveries(
  api: SlackApi,
  url: string,
  { stray, signing }: { stray: string; signing: string },
  { message, view, user }: Earnest,
): Delivery[] {
  const now = api.workspace.now();
  const sign = (body: string, contentType: string, forgery = {}) =>
    signDelivery({ url, body, contentType }, signing, now, forgery);
  const wrap = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const press = pressPayload(api, message, 'retry', user);
  const submit = submitPayload(api, view, { comment: 'a comment' }, user);
  const command = commandForm(api, 'silences', user, '');
  const spoilt = [
    ...spoilEach(press, stray).map(wrap),
    ...spoilEach(submit, stray).map(wrap),
    ...spoilEach(command, stray).map((fields) =>
      new URLSearchParams(fields as Record<string, string>).toString(),
    ),
    ...[`http://127.0.0.1:1/${stray}`, `${api.responseUrls.origin()}/commands/T/B/${stray}`].map((address) =>
      new URLSearchParams({ ...command, response_url: address }).toString(),
    ),
    wrap({ ...press, actions: [{ action_id: stray, value: stray }] }),
    wrap({ ...press, type: stray }),
    new URLSearchParams({ ssl_check: stray, token: stray }).toString(),
    new URLSearchParams({ payload: stray }).toString(),
    new URLSearchParams({ [stray]: stray }).toString(),
  ];
  const garbage = listBodies(stray);
  const good = wrap(press);
  return [
    ...spoilt.map((body) => sign(body, form)),
    ...garbage.map(({ body, headers }) => sign(body, headers['content-type'] ?? form, { headers })),
    ...garbage.map(({ body }) => sign(body, form)),
    sign(good, form, { secret: stray }),
    sign(good, form, { signature: stray }),
    sign(good, form, { signature: null }),
    sign(good, form, { ageMs: 6 * 60_000 }),
    sign(good, form, { body: `${good}&token=${encodeURIComponent(stray)}` }),
    sign(good, form, { headers: { 'x-slack-request-timestamp': stray } }),
    sign(good, form, { contentType: `text/${stray.replaceAll(/\W/g, '')}` }),
  ];
}

/** Copies with the secret in the place of one text each, at any depth. */
function spoilEach(value: unknown, stray: string): unknown[] {
  if (typeof value === 'string') return [stray];
  if (Array.isArray(value))
    return value.flatMap((item, at) => spoilEach(item, stray).map((spoilt) => value.with(at, spoilt)));
  if (!isFields(value)) return [];
  return Object.entries(value)
    .filter(([name]) => !shownByDesign.includes(name))
    .flatMap(([name, part]) => spoilEach(part, stray).map((spoilt) => ({ ...value, [name]: spoilt })));
}
