import { recordUrl } from '../../job/run.ts';
import type { Secret } from '../../secret.ts';
import type { Refusal } from '../../trigger/execution-api.ts';
import type { Flow, FlowSettings } from '../flow.ts';

type Triggering = Pick<Flow, 'api'> & { settings: Pick<FlowSettings, 'prowUrl'> };

/** `says`: what came of it and what to do next, in whole sentences. */
type TriggeredJob =
  /** `url`: Prow's record of the run, which is there from the start. */
  | { kind: 'started'; says: string; prowJobId: string; url: string }
  /** The answer never came: the run may exist. */
  | { kind: 'unclear'; says: string }
  | { kind: 'not-started'; says: string };

/** Starts a periodic once, for a person who waits. It is not a retry and gets no chain. `envs` are for ci-operator. */
export async function triggerJob(
  { api, settings: { prowUrl } }: Triggering,
  jobName: string,
  { token, envs }: { token: Secret; envs: Record<string, string> },
): Promise<TriggeredJob> {
  const request = { jobName, type: 'periodic', refs: null, labels: {}, annotations: {}, envs } as const;
  const caller = { token, isKnown: true, isDemanded: true };
  const creation = await api.create(request, caller, async () => true);
  if (creation.kind === 'created') {
    const { prowJobId } = creation;
    const url = recordUrl(prowUrl, prowJobId);
    return { kind: 'started', says: `${jobName} was triggered as ${prowJobId}.`, prowJobId, url };
  }
  if (creation.kind === 'unclear') {
    const look = `${prowUrl}/?job=${encodeURIComponent(jobName)}`;
    const says = `${creation.says}. The run may exist: look at ${look} before you try again.`;
    return { kind: 'unclear', says };
  }
  // Nothing here calls it off.
  const says = creation.kind === 'called-off' ? 'It was called off' : creation.says;
  const advice = creation.kind === 'refused' ? advices[creation.cause] : 'Try again later.';
  return { kind: 'not-started', says: `${says}. Nothing was started. ${advice}` };
}

const advices: Record<Refusal['cause'], string> = {
  token: 'Get a fresh token with oc whoami -t on app.ci.',
  tenant: 'This token may not trigger the job.',
  'unknown-job': 'Is the name right, and is it a periodic?',
  request: 'Is the name right?',
};
