/** A message in Slack's mrkdwn as people read it: no marks, no entities, links short. */
export function readSlackText(text: string): string {
  const shown = text
    .replaceAll(/<([^|>]+)\|([^>]+)>/g, (_, url: string, name: string) => `${name} → ${shortenUrl(url)}`)
    .replaceAll(/^\*(.*)\*$/gm, '$1');
  return shown.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

/** The last part, which is the build id where a run is linked. */
function shortenUrl(text: string): string {
  return `…/${new URL(text).pathname.split('/').at(-1)}`;
}
