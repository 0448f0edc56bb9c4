import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** All public addresses of IPv6 are in here; the rest of the space is reserved. */
const publicIpv6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** An IPv6 network without IPv4 shows IPv4 addresses in here: the last 32 bits are the address (RFC 6052). */
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Looks names up, and refuses an answer in which any address is not public. It runs for each connection, so the answer
 * cannot change between check and use. Node does not look up an address of digits, so such an address is not checked.
 * `localhost` is not checked either, because it names this machine as plainly.
 */
export function lookUpPublic(lookup: LookupFunction): LookupFunction {
  return (hostname, options, done) => {
    if (hostname === 'localhost') return lookup(hostname, options, done);
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, []);
      const addresses = Array.isArray(found) ? found : [];
      const [first] = addresses;
      if (first === undefined || !addresses.every(({ address }) => isPublic(address))) {
        return done(new Error('its name leads to an address that is not public'), []);
      }
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

/** Whether an address, IPv4 or IPv6, belongs to the public Internet. A text that is not an address does not. */
export function isPublic(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  // Turns an IPv4 address inside `::ffff:0:0/96` into the IPv4 address.
  const address = ipaddr.process(text);
  if (address instanceof ipaddr.IPv4) return address.range() === 'unicast';
  if (address.match(nat64)) return isPublic(address.toByteArray().slice(12).join('.'));
  return address.match(publicIpv6) && address.range() === 'unicast';
}
