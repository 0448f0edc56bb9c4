import type { App } from '@slack/bolt';
import { checkGlob } from '../../../job/glob.ts';
import {
  answerHelp,
  answerSilences,
  answerStatus,
  askedAlready,
  noJobName,
  nobodyMayTrigger,
  unknownWord,
  unreadable,
} from '../../../report/answers.ts';
import { type SlackContext, reply } from './context.ts';
import { Command } from './payloads.ts';
import { formatPerson } from './operators.ts';
import { type Reply, renderAnswer, renderMarkup, renderSentence } from '../render/render-answer.ts';
import { renderCard } from '../render/render-card.ts';
import { restoreFormat } from '../render/escape-text.ts';
import { hasNameCharacters } from '../../../job/run.ts';

type Asked = ReturnType<typeof Command.parse>;

interface Word {
  /** What a person is told at once where the answer takes a while. */
  meanwhile?: string;
  /** What follows the word, where something has to. */
  takes?: string;
  answer: (context: SlackContext, rest: string, asked: Asked) => Promise<Reply>;
}

const maxChains = 10;

const words: Record<string, Word> = {
  status: { takes: 'a job', answer: replyStatus },
  silences: { answer: replySilences },
  explain: { takes: 'the address of a run', meanwhile: 'Reading the run…', answer: explain },
  trigger: { takes: 'a job', meanwhile: 'Asking Gangway…', answer: trigger },
  digest: { meanwhile: 'Counting…', answer: replyDigest },
};

/** Answers the slash command, whatever its name is: one that is not the manifest's lets two services share a workspace. */
export function answerCommands(app: App, context: SlackContext): void {
  app.command(/^\//, async ({ body, ack, respond }) => {
    const asked = Command.parse(body);
    const [name = '', ...rest] = asked.text.trim().split(/\s+/);
    const word = Object.hasOwn(words, name.toLowerCase()) ? words[name.toLowerCase()] : undefined;
    const target = unescapeSlackText(rest.join(' '));
    const why = objectTo(name, word, target);
    if (word === undefined || why !== null) return ack({ ...renderAnswer(answerHelp(asked.command, why)) });
    await ack(word.meanwhile === undefined ? undefined : { ...renderSentence(word.meanwhile) });
    await reply(context, respond, unreadable, () => word.answer(context, target, asked));
  });
}

function objectTo(name: string, word: Word | undefined, target: string): string | null {
  if (word === undefined) return name === '' || name === 'help' ? null : unknownWord;
  if (word.takes !== undefined && target === '') return `Say ${word.takes}, too`;
  return null;
}

async function replyStatus(
  { deps: { store, matchGlob, clock, config } }: SlackContext,
  job: string,
): Promise<Reply> {
  const objection = checkGlob(job);
  if (objection !== null) return renderSentence(`That ${objection}.`);
  const page = await store.page({ matchesJob: matchGlob(job), limit: maxChains });
  return renderAnswer(answerStatus(job, page, { now: clock.now(), prowUrl: config.prowUrl }));
}

async function replySilences({ deps: { silences, clock } }: SlackContext): Promise<Reply> {
  const now = clock.now();
  return renderAnswer(answerSilences(await silences.list(now), now));
}

async function explain({ deps }: SlackContext, address: string): Promise<Reply> {
  // A link that Slack made may have a label of several words.
  const place = address.startsWith('<') ? [address] : address.split(/\s+/);
  return renderAnswer(await deps.explain(place));
}

async function trigger(
  { deps, operators, triggered }: SlackContext,
  job: string,
  asked: Asked,
): Promise<Reply> {
  if (deps.config.operators === null) return renderSentence(nobodyMayTrigger);
  const refusal = await operators.refuse(asked.user_id);
  if (refusal !== null) return renderMarkup(refusal);
  if (!hasNameCharacters(job)) return renderSentence(noJobName);
  // Sent twice, by whoever listened or by a line that broke, it is one wish.
  if (!triggered.isNew(asked.trigger_id)) return renderSentence(askedAlready);
  const by = formatPerson({ id: asked.user_id, name: asked.user_name });
  return renderAnswer(await deps.trigger(job, by));
}

async function replyDigest({ deps }: SlackContext): Promise<Reply> {
  return { response_type: 'ephemeral', replace_original: false, ...renderCard(await deps.digest(), false) };
}

/**
 * What a person wrote, without the links and entities that Slack made of it, quoting as code, and characters that were
 * copied from our messages.
 */
export function unescapeSlackText(text: string): string {
  return restoreFormat(text)
    .trim()
    .replace(/^`(.*)`$/s, '$1')
    .replace(/^<([^|>]*)(?:\|[^>]*)?>$/s, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
}
