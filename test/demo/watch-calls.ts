import type { GangwayCall } from '../prow/gangway/gangway.ts';
import type { SlackMessage } from '../prow/slack/slack.ts';
import type { Prow } from '../prow/start-prow.ts';
import type { DemoEvent } from './demo-event.ts';
import { readSlackText } from './slack-text.ts';

interface CreateBody {
  job_name: string;
  pod_spec_options: { labels: Record<string, string> };
}

/** Tells what reached Gangway and Slack since the last look. */
export function watchCalls({ gangway, slack }: Prow): () => DemoEvent[] {
  let calls = 0;
  let messages = 0;
  return () => {
    const events = [
      ...gangway.calls.slice(calls).filter(isCreate).map(describeCreate),
      ...slack.delivered.slice(messages).map(describeMessage),
    ];
    calls = gangway.calls.length;
    messages = slack.delivered.length;
    return events;
  };
}

function isCreate({ method }: GangwayCall): boolean {
  return method === 'POST';
}

function describeCreate({ at, path, body, status }: GangwayCall): DemoEvent {
  const { job_name: job, pod_spec_options: options } = JSON.parse(body) as CreateBody;
  const attempt = options.labels['retrigger/attempt'];
  const text = `POST ${path}, label retrigger/attempt=${attempt}: answered ${status}`;
  return { at, job, who: 'Gangway', text, tone: status === 200 ? 'plain' : 'bad' };
}

function describeMessage({ at, payload }: SlackMessage): DemoEvent {
  const [title = '', ...details] = readSlackText(String((payload as { text?: unknown }).text)).split('\n');
  const [job = ''] = title.split(' ');
  return { at, job, who: 'Slack', text: title, tone: 'plain', details };
}
