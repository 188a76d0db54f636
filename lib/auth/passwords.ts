import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';

// OWASP Password Storage Cheat Sheet: Argon2id with 19 MiB, 2 passes, 1 lane.
const cost = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const phcPattern = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Argon2id hash in PHC string format, with a fresh 128-bit salt. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(password, salt, cost, 32);
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${encode(salt)}$${encode(hash)}`;
}

/**
 * True when the password belongs to the hash, compared in constant time. Without a hash (no such account) it does
 * the same work and is false, so that the time tells nothing. Throws on a hash of another format.
 */
export async function verifyPassword(password: string, phcHash: string | undefined): Promise<boolean> {
  if (phcHash === undefined) {
    await derive(password, Buffer.alloc(16), cost, 32);
    return false;
  }
  const [, memory, passes, parallelism, salt, hash] = phcPattern.exec(phcHash) ?? [];
  if (!salt || !hash) throw new Error('stored password hash is not argon2id in PHC format');
  const expected = Buffer.from(hash, 'base64');
  const storedCost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  return timingSafeEqual(
    await derive(password, Buffer.from(salt, 'base64'), storedCost, expected.length),
    expected,
  );
}

function derive(
  password: string,
  nonce: Buffer,
  { memory, passes, parallelism }: { memory: number; passes: number; parallelism: number },
  tagLength: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      // One and the same password may be typed as different code points: NIST SP 800-63B-4, 3.1.1.2.
      { message: password.normalize('NFKC'), nonce, memory, passes, parallelism, tagLength },
      (error, derived) => (error ? reject(error) : resolve(derived)),
    );
  });
}

function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
