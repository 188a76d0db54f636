import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import postgres from 'postgres';

type Options = postgres.Options<Record<string, never>>;

// Some 30 authorities take milliseconds to read, which each connection would pay anew.
const trusting = new Map<string, SecureContext>();

/**
 * postgres.js, and libpq's `sslrootcert`, which it would send to the server as a setting: only the authorities in this file may sign the
 * certificate of the server. Throws when the file cannot be read. https://www.postgresql.org/docs/current/libpq-ssl.html
 */
export function openClient(url: string, options: Options): postgres.Sql {
  const [, address = url, query] = /^([^?#]*)\?([^#]*)/.exec(url) ?? [];
  const parameters = new URLSearchParams(query);
  const file = parameters.get('sslrootcert');
  if (file === null) return postgres(url, options);
  parameters.delete('sslrootcert');
  const isVerified = /^(require|verify-ca|verify-full)$/.test(parameters.getAll('sslmode').at(-1) ?? '');
  const ssl = isVerified ? { ssl: file === 'system' ? 'verify-full' : { secureContext: trust(file) } } : {};
  return postgres(`${address}?${parameters}`, { ...options, ...ssl } as Options);
}

function trust(file: string): SecureContext {
  const known = trusting.get(file);
  if (known) return known;
  const context = createSecureContext({ ca: readFileSync(file) });
  trusting.set(file, context);
  return context;
}
