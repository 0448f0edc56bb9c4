import type { App } from '@slack/bolt';
import { describeActionResult, noSuchChain, storeDown } from '../../../report/answers.ts';
import { findSilence } from '../../../rules/decide/silence.ts';
import { type SlackContext, reply } from './context.ts';
import { Press } from './payloads.ts';
import { safeErrorText } from '../client/errors.ts';
import { formatPerson } from './operators.ts';
import { type Reply, renderMarkup, renderSentence } from '../render/render-answer.ts';
import { renderSilenceForm } from './silence-form.ts';

type Pressed = ReturnType<typeof Press.parse>;

/** Does what the buttons of a card say, for those who may press them. */
export function pressButtons(app: App, context: SlackContext): void {
  app.action({ type: 'block_actions' }, async ({ body, ack, respond }) => {
    await ack();
    const press = Press.parse(body);
    await reply(context, respond, storeDown, () => obey(context, press));
  });
}

async function obey(context: SlackContext, press: Pressed): Promise<Reply | null> {
  const { user, actions } = press;
  const [{ action_id: action, value: chainId }] = actions;
  const refusal = await context.operators.refuse(user.id);
  if (refusal !== null) return renderMarkup(refusal);
  if (action === 'silence') return openForm(context, chainId, press.trigger_id);
  const by = formatPerson({ id: user.id, name: user.username || user.name });
  return renderSentence(describeActionResult(await context.deps[action](chainId, by)));
}

async function openForm(
  { deps: { store, silences, clock, log }, web }: SlackContext,
  chainId: string,
  triggerId: string,
): Promise<Reply | null> {
  const chain = await store.get(chainId);
  if (chain === null) return renderSentence(noSuchChain);
  const now = clock.now();
  const silence = findSilence(await silences.list(now), chain.jobName, now);
  try {
    await web.views.open({ trigger_id: triggerId, view: renderSilenceForm(chain, silence, now) });
    return null;
  } catch (error) {
    log.warn({ chain: chainId, why: safeErrorText(error) }, 'slack does not open a form');
    return renderSentence('Slack did not open the form. Press again.');
  }
}
