import type { OpenView } from './api-call.ts';
import { deliverByFetch, type Delivery, type Forgery, type ServiceAnswer, signDelivery } from './deliver.ts';
import type { Filled } from './fill-view.ts';
import { judgeCommandAnswer, judgePressAnswer, judgeSubmitAnswer } from './judge-answer.ts';
import type { Fields } from './shape.ts';
import type { SlackApi } from './slack-api.ts';
import { challengePayload, commandForm, pressPayload, submitPayload } from './slack-payloads.ts';
import type { ChannelMessage } from './workspace.ts';

/** What the app answered, and why Slack would show the person an error instead (`null`: it would not). */
export interface Answered extends ServiceAnswer {
  problem: string | null;
}

export interface PeopleOptions {
  /** Where the app listens to Slack. */
  url: string;
  /** By default over the network. */
  deliver?: (delivery: Delivery) => Promise<ServiceAnswer>;
}

const form = 'application/x-www-form-urlencoded';

/** People in Slack: what they do reaches the app as Slack sends it, signed, unless it is forged. */
export class SlackPeople {
  readonly #api: SlackApi;
  readonly #url: string;
  readonly #deliver: (delivery: Delivery) => Promise<ServiceAnswer>;

  constructor(api: SlackApi, { url, deliver = deliverByFetch }: PeopleOptions) {
    this.#api = api;
    this.#url = url;
    this.#deliver = deliver;
  }

  /** Presses a button. A `structuredClone` of an earlier message is one that is still on somebody's screen. */
  async press(
    message: ChannelMessage,
    actionId: string,
    user = 'U0DANA',
    forgery: Forgery = {},
  ): Promise<Answered> {
    const payload = pressPayload(this.#api, message, actionId, user);
    const answer = await this.#sendPayload(payload, forgery);
    return { ...answer, problem: judgePressAnswer(answer) };
  }

  /** Submits a modal. */
  async submit(
    view: OpenView,
    filled: Filled = {},
    user = view.user,
    forgery: Forgery = {},
  ): Promise<Answered> {
    const answer = await this.#sendPayload(submitPayload(this.#api, view, filled, user), forgery);
    return { ...answer, problem: judgeSubmitAnswer(answer, view.view) };
  }

  /** Types `/retrigger` and `text`. */
  async command(text: string, user = 'U0DANA', channel = '', forgery: Forgery = {}): Promise<Answered> {
    const body = new URLSearchParams(commandForm(this.#api, text, user, channel)).toString();
    const answer = await this.send(body, form, forgery);
    return { ...answer, problem: judgeCommandAnswer(answer) };
  }

  /** Slack asks whether the address is the app's: it has to say the challenge. */
  async urlVerification(challenge = 'a-challenge', forgery: Forgery = {}): Promise<Answered> {
    const answer = await this.send(JSON.stringify(challengePayload(challenge)), 'application/json', forgery);
    const isGood = answer.status === 200 && answer.body.includes(challenge);
    return { ...answer, problem: isGood ? null : 'challenge_failed' };
  }

  /** Any body, signed. */
  send(body: string, contentType: string, forgery: Forgery = {}): Promise<ServiceAnswer> {
    const { signingSecret, workspace } = this.#api;
    const what = { url: this.#url, body, contentType };
    return this.#deliver(signDelivery(what, signingSecret, workspace.now(), forgery));
  }

  #sendPayload(payload: Fields, forgery: Forgery): Promise<ServiceAnswer> {
    return this.send(new URLSearchParams({ payload: JSON.stringify(payload) }).toString(), form, forgery);
  }
}
