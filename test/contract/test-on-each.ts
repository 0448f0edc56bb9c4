import { it } from 'node:test';

/** Tests that each get what `open` gives anew, and are done with it whatever comes. */
export function testOnEach<T extends { stop: () => Promise<void> }>(
  open: () => Promise<T>,
): (what: string, body: (opened: T) => Promise<void>) => void {
  return (what, body) => {
    it(what, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.stop();
      }
    });
  };
}
