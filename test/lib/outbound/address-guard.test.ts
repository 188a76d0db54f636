import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { assertAddress, assertUrl, guardedLookup } from '#lib/outbound/address-guard.ts';

const refused = { name: 'OutboundError', failure: 'refused' };
const check = (url: string, network: 'public' | 'any' = 'public') => assertUrl(new URL(url), network);
const { PLINTH_STAGE, ...environment } = process.env;
beforeEach(() => {
  process.env = { ...environment, ...(PLINTH_STAGE && { PLINTH_STAGE }) };
});
afterEach(() => {
  delete process.env.AWS_LAMBDA_RUNTIME_API;
});

describe('refuses', () => {
  test.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://127.1/',
    'https://127.0.0.1./',
    'https://①②⑦.0.0.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://172.16.0.1/',
    'https://172.31.255.255/',
    'https://192.168.1.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://100.64.0.1/',
    'https://192.0.0.1/',
    'https://198.18.0.1/',
    'https://203.0.113.9/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[::7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[64:ff9b:1::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[2001:0:7f00:1::]/',
    'https://[fc00::1]/',
    'https://[fd00:ec2::254]/',
    'https://[fe80::1]/',
    'https://[fec0::1]/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
  ])('the address %s', (url) => {
    expect(() => check(url)).toThrow(expect.objectContaining(refused));
  });

  test.each(['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'data:text/plain,x'])(
    'the scheme of %s',
    (url) => {
      expect(() => check(url)).toThrow(expect.objectContaining(refused));
    },
  );

  test('credentials in a URL', () => {
    expect(() => check('https://user:secret@example.com/')).toThrow(expect.objectContaining(refused));
    expect(() => check('https://example.com@10.0.0.1/')).toThrow(expect.objectContaining(refused));
  });

  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '0.0.0.0',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
  ])('%s also where an operator configures the service', (address) => {
    expect(() => assertAddress(address, 443, 'any')).toThrow(expect.objectContaining(refused));
  });

  test.each(['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1', '10.0.0.1'])(
    'the runtime API of Lambda at %s, whatever the network',
    (address) => {
      process.env.AWS_LAMBDA_RUNTIME_API = '127.0.0.1:9001';
      expect(() => assertAddress(address, 9001, 'any')).toThrow(expect.objectContaining(refused));
      expect(() => assertAddress(address, 9002, 'any')).not.toThrow();
    },
  );

  test('what is not an address at all', () => {
    expect(() => assertAddress('example.com', 443, 'any')).toThrow(expect.objectContaining(refused));
  });
});

test.each(['https://93.184.215.14/', 'https://example.com:8443/', 'https://[2606:2800:21f:cb07::1]/'])(
  'lets %s pass',
  (url) => {
    expect(() => check(url)).not.toThrow();
  },
);

describe('a name', () => {
  const answers = (...lists: string[][]) => {
    let queries = 0;
    return (_host: string, _options: object, answer: (error: null, found: LookupAddress[]) => void) => {
      const list = lists[queries++] ?? [];
      answer(
        null,
        list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
  };
  type Lookup = ReturnType<typeof guardedLookup>;
  const connect = (lookup: Lookup, all = true) =>
    new Promise((resolve) =>
      lookup('name.example', { all } as never, (error: unknown, address: unknown) =>
        resolve(error ?? address),
      ),
    );

  test('that has a public address once and a private one then is refused then: what connects is what was checked', async () => {
    const resolve = answers(['93.184.215.14'], ['127.0.0.1']);
    const lookup = guardedLookup(443, 'public', resolve);
    expect(await connect(lookup)).toEqual([{ address: '93.184.215.14', family: 4 }]);
    expect(await connect(lookup)).toMatchObject(refused);
  });

  test('with one forbidden address among others is refused', async () => {
    const lists = [
      ['93.184.215.14', '10.0.0.1'],
      ['2606:2800:21f:cb07::1', '::ffff:10.0.0.1'],
    ];
    for (const list of lists)
      expect(await connect(guardedLookup(443, 'public', answers(list)))).toMatchObject(refused);
  });

  test('gets one address when the connection wants one, and none is an error', async () => {
    expect(await connect(guardedLookup(443, 'public', answers(['93.184.215.14'])), false)).toBe(
      '93.184.215.14',
    );
    expect(await connect(guardedLookup(443, 'public', answers([])))).toBeInstanceOf(Error);
  });
});
