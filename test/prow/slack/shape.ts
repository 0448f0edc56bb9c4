/** What Slack says about a part of a payload, and where that part is (a JSON pointer). */
export interface Problem {
  text: string;
  at: string;
}

export type Check = (value: unknown, at: string) => Problem[];

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const anything: Check = () => [];

export const flag: Check = (value, at) => says(typeof value !== 'boolean', 'must be a boolean', at);

export function string(most: number, least = 0): Check {
  return (value, at) => {
    if (typeof value !== 'string') return says(true, 'must be a string', at);
    return [
      ...says(value.length > most, `must be less than ${most + 1} characters`, at),
      ...says(value.length < least, `must be more than ${least - 1} characters`, at),
    ];
  };
}

export function wholeNumber(least: number, most: number): Check {
  return (value, at) =>
    says(
      !Number.isSafeInteger(value) || (value as number) < least || (value as number) > most,
      `must be an integer from ${least} to ${most}`,
      at,
    );
}

export function oneOf(...allowed: readonly string[]): Check {
  return (value, at) =>
    says(!allowed.some((word) => word === value), `must be one of: ${allowed.join(', ')}`, at);
}

export function list(check: Check, most: number, least = 0): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return says(true, 'must be an array', at);
    return [
      ...says(value.length > most, `no more than ${most} items allowed`, at),
      ...says(value.length < least, `no fewer than ${least} items allowed`, at),
      ...value.flatMap((item, index) => check(item, `${at}/${index}`)),
    ];
  };
}

/** An object with these fields and no others. */
export function shape(required: Record<string, Check>, optional: Record<string, Check> = {}): Check {
  return (value, at) => {
    if (!isFields(value)) return says(true, 'must be an object', at);
    const missing = Object.keys(required).filter((name) => value[name] === undefined);
    const found = Object.entries(value).flatMap(([name, part]) => {
      const check = required[name] ?? optional[name];
      if (check === undefined) return says(true, `invalid additional property: ${name}`, at);
      return check(part, `${at}/${name}`);
    });
    return [...missing.map((name) => ({ text: `missing required field: ${name}`, at })), ...found];
  };
}

/** An object whose `type` says which of these it has to be. */
export function byType(kinds: Record<string, Check>): Check {
  return (value, at) => {
    if (!isFields(value)) return says(true, 'must be an object', at);
    const check = typeof value['type'] === 'string' ? kinds[value['type']] : undefined;
    return check === undefined
      ? says(true, `unsupported type: ${String(value['type'])}`, `${at}/type`)
      : check(value, at);
  };
}

export function says(isWrong: boolean, text: string, at: string): Problem[] {
  return isWrong ? [{ text, at }] : [];
}
