import { type LookupAddress, lookup as lookupName } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { getRuntimeApi } from '#lib/config/aws-environment.ts';
import { getStage } from '#lib/config/stage.ts';
import { OutboundError, refuse } from './outbound-error.ts';

export type Network = 'public' | 'any';
type Resolve = (
  host: string,
  options: { all: true },
  answer: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

// Made at the first call: most instances call nobody, and to make them is a tenth of what a function is initialized with.
let lists: ReturnType<typeof makeLists> | undefined;

function makeLists() {
  return {
    // The special-purpose registries of IANA: https://www.iana.org/assignments/iana-ipv4-special-registry
    notPublic: listOf(
      '10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15',
      '198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 2001::/23 2001:db8::/32 2002::/16 3fff::/20',
    ),
    // What is outside is loopback, unique local, NAT64, IPv4-mapped or nothing.
    publicIpv6: listOf('2000::/3'),
    // Nobody means to configure those: metadata and credentials of AWS, multicast, "this host".
    never: listOf('0.0.0.0/8 169.254.0.0/16 224.0.0.0/4 ::/128 fd00:ec2::/32 fe80::/10 ff00::/8'),
  };
}

function listOf(...lines: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of lines.join(' ').split(' ')) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Throws OutboundError `refused` for an address we must not connect to. BlockList sees through IPv4-mapped IPv6. */
export function assertAddress(address: string, port: number, network: Network): void {
  lists ??= makeLists();
  const { notPublic, publicIpv6, never } = lists;
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const isPublic =
    !notPublic.check(address, family) && (family === 'ipv4' || publicIpv6.check(address, family));
  const isRuntimeApi = !isPublic && port === runtimeApiPort();
  if (
    isIP(address) === 0 ||
    never.check(address, family) ||
    isRuntimeApi ||
    (network === 'public' && !isPublic)
  )
    refuse(`${address} is not an address to call`);
}

/** The runtime API is on a private address: its port is enough to know it by, however the address is spelled. */
function runtimeApiPort(): number | undefined {
  const port = getRuntimeApi()?.split(':').at(-1);
  return port === undefined ? undefined : Number(port);
}

/** Throws OutboundError `refused` for a URL we must not call; names are checked when they are resolved, by `guardedLookup`. */
export function assertUrl(url: URL, network: Network): void {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && network === 'any' && isOnLaptop()))
    refuse(`${url.protocol} is not https:`);
  if (url.username || url.password) refuse('a URL carries credentials');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // An address is not looked up. `URL` has brought every spelling of one into its usual form.
  if (isIP(host)) assertAddress(host, portOf(url), network);
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}

function isOnLaptop(): boolean {
  return ['local', 'test'].includes(getStage());
}

/**
 * The `lookup` of a connection: gives it exactly the addresses that were checked, so that a name which resolves differently a moment
 * later gains nothing. One forbidden address refuses the whole answer.
 */
export function guardedLookup(port: number, network: Network, resolve: Resolve = lookupName): LookupFunction {
  return (host, options, connect) =>
    resolve(host, { all: true }, (error, addresses) => {
      const failure = error ?? refusalOf(addresses, port, network);
      const [first] = addresses ?? [];
      if (failure || !first) connect(failure ?? new Error('no address'), '', 0);
      else if (options.all) connect(null, addresses);
      else connect(null, first.address, first.family);
    });
}

function refusalOf(addresses: readonly LookupAddress[], port: number, network: Network) {
  try {
    for (const { address } of addresses) assertAddress(address, port, network);
    return undefined;
  } catch (error) {
    if (error instanceof OutboundError) return error;
    throw error;
  }
}
