const longest = 200;

/** What looks like a secret in a log: a bearer token, an OpenShift, Slack or AWS one, a JWT, an incoming webhook. */
const secrets: readonly [RegExp, string][] = [
  [/\b(bearer|basic)\s+[\w.~+/=:-]{6,}/gi, '$1 <secret>'],
  [/\b(sha256~|xox[a-z]-|xapp-|whsec_|gh[a-z]_|glpat-|AKIA|ASIA)[\w.~+/=-]{6,}/g, '<secret>'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, '<secret>'],
  [/(\/services\/T\w+\/B\w+\/)[\w-]+/g, '$1<secret>'],
  [
    /\b(\w*(?:token|password|passwd|secret|api_?key)\w*(?:\s*=\s*["']?|["']\s*:\s*["']))[^\s"',;&]{6,}/gi,
    '$1<secret>',
  ],
];

/** The first line with a text in it of what a failure said, of 200 characters at most; `null`: it said nothing. */
export function firstLine(messages: readonly string[]): string | null {
  const lines = messages.flatMap((message) => message.split('\n', 20)).map((line) => line.trim());
  const line = lines.find((each) => each !== '');
  if (line === undefined) return null;
  // What is cut before it is masked may leave half a secret that no longer looks like one.
  const masked = secrets.reduce((text, [pattern, mask]) => text.replace(pattern, mask), line.slice(0, 4_096));
  return masked.length > longest ? `${masked.slice(0, longest - 1)}…`.toWellFormed() : masked;
}
