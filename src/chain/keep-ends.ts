/** Of what strangers bring, each kind. */
const most = 8;

/**
 * Bounds a list to which anybody may add. Beyond eight those in the middle go, so that a flood before or after the true
 * one leaves it in; what `mustStay` stays whatever comes.
 */
export function keepEnds<T>(list: readonly T[], mustStay: (each: T) => boolean = () => false): T[] {
  if (list.length <= most) return [...list];
  return list.filter((each, n) => n < most / 2 || n >= list.length - most / 2 || mustStay(each));
}
