import type { AckFn, App, types } from '@slack/bolt';
import { noSuchChain, slowSilence, storeDown, describeAlreadySilenced } from '../../../report/answers.ts';
import { withTimeout } from '../../../time/clock.ts';
import { type SlackContext, describeSlackFault } from './context.ts';
import { Submission } from './payloads.ts';
import { formatPerson } from './operators.ts';
import type { Chain } from '../../../chain/chain.ts';
import { type SilenceReading, readSilence } from '../../../intake/silence-request.ts';
import type { Silence } from '../../../rules/decide/silence.ts';
import { stripInvisible } from '../render/escape-text.ts';
import { plainText } from '../render/render-blocks.ts';
import { dayMs } from '../../../time/duration.ts';

type Submitted = ReturnType<typeof Submission.parse>;

/** What becomes of the form; `null`: it closes. */
type Verdict =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView }
  | null;

/** Slack waits 3 s for an answer to a form. */
const patienceMs = 2_300;

/** Takes the form of a silence that was filled in. */
export function takeSilence(app: App, context: SlackContext): void {
  app.view('silence', async ({ body, ack }) => {
    const work = checkSubmission(context, Submission.parse(body)).then((verdict) => ({ verdict }));
    const judged = await withTimeout(context.deps.clock, patienceMs, work);
    const verdict = judged === null ? note(slowSilence) : judged.verdict;
    // Bolt's type wants every field of every action at once.
    await (ack as AckFn<NonNullable<Verdict>>)(verdict ?? undefined);
    await work;
  });
}

async function checkSubmission(context: SlackContext, submitted: Submitted): Promise<Verdict> {
  try {
    return await obey(context, submitted);
  } catch (error) {
    const why = describeSlackFault(context.deps.log, error, storeDown);
    return { response_action: 'errors', errors: { comment: why } };
  }
}

async function obey({ deps, operators }: SlackContext, { user, view }: Submitted): Promise<Verdict> {
  const refusal = await operators.refuse(user.id);
  if (refusal !== null) return note(refusal);
  const chain = await deps.store.get(view.private_metadata);
  if (chain === null) return note(noSuchChain);
  const by = formatPerson({ id: user.id, name: user.username || user.name });
  const reading = readSilenceForm(view.state.values, chain.jobName, by, deps.clock.now());
  if (!reading.ok) return { response_action: 'errors', errors: placeProblems(reading.problems) };
  const { until, author, comment } = reading.silence;
  const silence = await deps.silence(chain.id, { until, author, comment });
  return silence === null ? note(noSuchChain) : null;
}

function note(text: string): Verdict {
  return { response_action: 'update', view: renderNote(text) };
}

type Values = ReturnType<typeof Submission.parse>['view']['state']['values'];

const maxCommentLength = 1_000;
/** The last moment of ECMAScript, in seconds. */
const lastSecond = 8.64e12;
const title = 'Silence this job';

/** The form that asks until when a chain's job is to be silenced, and why. `silence`: the one in force. */
export function renderSilenceForm(
  { id, jobName }: Pick<Chain, 'id' | 'jobName'>,
  silence: Silence | null,
  now: number,
): types.ModalView {
  const lines = [
    jobName,
    'Its failures are recorded and not tried again until then.',
    ...(silence === null ? [] : [describeAlreadySilenced(silence, now)]),
  ];
  return {
    type: 'modal',
    callback_id: 'silence',
    private_metadata: id,
    title: plainText(title),
    submit: plainText('Silence'),
    close: plainText('Leave it'),
    blocks: [
      { type: 'section', text: plainText(stripInvisible(lines.join('\n'))) },
      {
        type: 'input',
        block_id: 'until',
        label: plainText('Until'),
        element: {
          type: 'datetimepicker',
          action_id: 'until',
          initial_date_time: Math.floor((now + dayMs) / 1000),
        },
      },
      {
        type: 'input',
        block_id: 'comment',
        label: plainText('Why'),
        element: { type: 'plain_text_input', action_id: 'comment', max_length: maxCommentLength },
      },
    ],
  };
}

/** What the form becomes once there is nothing to fill in any more. `text` is in Slack's markup. */
function renderNote(text: string): types.ModalView {
  return {
    type: 'modal',
    title: plainText(title),
    close: plainText('Close'),
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
  };
}

/** Reads the form as it was filled in. */
function readSilenceForm(values: Values, jobName: string, author: string, now: number): SilenceReading {
  const seconds = values['until']?.['until']?.selected_date_time ?? Number.NaN;
  const until = Math.abs(seconds) <= lastSecond ? new Date(seconds * 1000).toISOString() : '';
  const comment = values['comment']?.['comment']?.value ?? '';
  return readSilence({ job: jobName, until, author, comment }, now);
}

/** What stands under each field, by block; what has no field of its own stands under the last one. */
function placeProblems(problems: readonly { field: string; message: string }[]): Record<string, string> {
  return Object.fromEntries(
    problems.map(({ field, message }) =>
      field === 'until' || field === 'comment'
        ? [field, `This ${message}.`]
        : ['comment', `The ${field} of the chain ${message}.`],
    ),
  );
}
