/** `at 10:31 UTC`, with the date where it is another day than that of `now` (both ms since the epoch). */
export function sayAt(when: number, now: number): string {
  const { isToday, day, time } = split(when, now);
  return isToday ? `at ${time}` : `on ${day} at ${time}`;
}

/** The same for a title or a table: `10:31 UTC`, `2026-06-02 10:31 UTC`. */
export function sayTime(when: number, now: number): string {
  const { isToday, day, time } = split(when, now);
  return isToday ? time : `${day} ${time}`;
}

function split(when: number, now: number): { isToday: boolean; day: string; time: string } {
  const [day = '', time = ''] = new Date(when).toISOString().split('T');
  return { isToday: new Date(now).toISOString().startsWith(day), day, time: `${time.slice(0, 5)} UTC` };
}
