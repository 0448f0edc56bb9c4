import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Nets of IPv4 that nobody on the Internet serves: private, shared, link-local, loopback, multicast, unspecified. */
const closedNets = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const;

/** What is left of IPv6 but 2000::/3, in which the Internet lies, and what in that is a tunnel or an example. */
const closedNets6 = [
  ['::', 3],
  ['4000::', 2],
  ['8000::', 1],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const;

/** Where an IPv6 network without IPv4 shows the latter: what it leads to is in the last 32 bits (RFC 6052). */
const translated = '64:ff9b::';

const closed = new BlockList();
for (const [net, bits] of closedNets) closed.addSubnet(net, bits);
const closed6 = new BlockList();
for (const [net, bits] of closedNets6) closed6.addSubnet(net, bits, 'ipv6');
const closedBehind = new BlockList();
for (const [net, bits] of closedNets) closedBehind.addSubnet(translated + net, 96 + bits, 'ipv6');
const behind = new BlockList();
behind.addSubnet(translated, 96, 'ipv6');
const mapped = new BlockList();
mapped.addSubnet('::ffff:0.0.0.0', 96, 'ipv6');

/** Whether an address, IPv4 or IPv6, is one of the Internet's; what is no address is not. */
export function isPublic(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  if (family === 4) return !closed.check(address);
  if (mapped.check(address, 'ipv6')) return !closed.check(address, 'ipv6');
  if (behind.check(address, 'ipv6')) return !closedBehind.check(address, 'ipv6');
  return !closed6.check(address, 'ipv6');
}

/**
 * Looks names up, and refuses an answer with any address in it that is not public. It is asked for each connection,
 * so nothing can change between the look and the use. Whoever writes an address of digits asks no name server, and
 * `localhost` is as plain a word.
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
