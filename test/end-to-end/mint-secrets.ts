import type { SecretsSeen } from './secrets-seen.ts';

/** What awkward characters do to a secret is undone differently by JSON, addresses and HTML. */
const awkward = `"\\/&<%41>'`;

export type Secrets = ReturnType<typeof mintSecrets>;

/** Every secret that the service is ever given, and some that it should never have been given. */
export function mintSecrets(secretsSeen: SecretsSeen) {
  const mint = (name: string) => secretsSeen.mint(name);
  return {
    caller: `sha256~${mint("the caller's token")}${awkward}`,
    stray: `sha256~${mint('a stray token')}${awkward}`,
    own: `sha256~${mint("the service's own token")}${awkward}`,
    webhookSecret: mint('the webhook secret'),
    apiToken: `${mint('the API token')}${awkward}`,
    key: mint('the key'),
    olderKey: mint('the older key'),
    hook: mint("the caller's Slack address"),
    errorsHook: mint("the caller's Slack address for errors"),
    ownHook: mint("the service's Slack address"),
    ownErrorsHook: mint("the service's Slack address for errors"),
    bot: `xoxb-${mint("the bot's token")}${awkward}`,
    signing: `${mint('the signing secret')}${awkward}`,
    app: `xapp-${mint("the app's token")}${awkward}`,
    /** Stands in the address of a line to Slack. */
    ticket: mint('the ticket of a line'),
    password: mint('a password in an address'),
    /** With which a run was started, so that its attempts must carry it; everybody can read it in the bucket. */
    override: `${mint('an override of a run')}${awkward}`,
  };
}
