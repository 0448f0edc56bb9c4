/** A channel of Slack as people write it: `C0123456789`, `#ci-retries`. */
export const channelPattern = /^#?[^\s#,]{1,80}$/;
export const channelAdvice =
  'write the id of a channel, such as C0123456789, or its name, such as "#ci-retries"';
