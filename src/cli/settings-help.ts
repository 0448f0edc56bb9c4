import { settings } from '../config/settings.ts';

/** The settings as lines for `--help`. */
export function describeSettings(): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map(
      ({ name, about, fallback }) =>
        `  ${name.padEnd(width)}  ${about}${fallback === null ? '' : ` [${fallback}]`}`,
    )
    .join('\n');
}
