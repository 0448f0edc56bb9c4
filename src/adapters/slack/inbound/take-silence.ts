import type { AckFn, App, types } from '@slack/bolt';
import { noSuchChain, slowSilence, storeDown } from '../../../report/answers/answer.ts';
import { callWithin } from '../../../time/with-timeout.ts';
import { type Desk, sayFault } from './context.ts';
import { Submission } from './payloads.ts';
import { sayPerson } from './person.ts';
import { placeProblems, readSilenceForm, renderNote } from './silence-form.ts';

type Submitted = ReturnType<typeof Submission.parse>;

/** What becomes of the form; `null`: it closes. */
type Verdict =
  | { response_action: 'errors'; errors: Record<string, string> }
  | { response_action: 'update'; view: types.ModalView }
  | null;

/** Slack waits 3 s for an answer to a form. */
const patienceMs = 2_300;

/** Takes the form of a silence that was filled in. */
export function takeSilence(app: App, desk: Desk): void {
  app.view('silence', async ({ body, ack }) => {
    const work = judge(desk, Submission.parse(body)).then((verdict) => ({ verdict }));
    const judged = await callWithin(desk.deps.clock, patienceMs, work);
    const verdict = judged === null ? note(slowSilence) : judged.verdict;
    // Bolt's type wants every field of every action at once.
    await (ack as AckFn<NonNullable<Verdict>>)(verdict ?? undefined);
    await work;
  });
}

async function judge(desk: Desk, submitted: Submitted): Promise<Verdict> {
  try {
    return await obey(desk, submitted);
  } catch (error) {
    const why = sayFault(desk.deps.log, error, storeDown);
    return { response_action: 'errors', errors: { comment: why } };
  }
}

async function obey({ deps, operators }: Desk, { user, view }: Submitted): Promise<Verdict> {
  const refusal = await operators.refuse(user.id);
  if (refusal !== null) return note(refusal);
  const chain = await deps.store.get(view.private_metadata);
  if (chain === null) return note(noSuchChain);
  const by = sayPerson({ id: user.id, name: user.username || user.name });
  const reading = readSilenceForm(view.state.values, chain.jobName, by, deps.clock.now());
  if (!reading.ok) return { response_action: 'errors', errors: placeProblems(reading.problems) };
  const { until, author, comment } = reading.silence;
  const silence = await deps.silence(chain.id, { until, author, comment });
  return silence === null ? note(noSuchChain) : null;
}

function note(text: string): Verdict {
  return { response_action: 'update', view: renderNote(text) };
}
