import { randomBytes } from 'node:crypto';
import { and, eq, isNull } from 'drizzle-orm';
import { hashToken } from '#lib/auth/hash-token.ts';
import type { Transaction } from '#lib/db/client.ts';
import { recoveryCodes } from '#lib/db/schema/recovery-codes.ts';

const count = 10;
// 24 letters of 5 bits: from 112 bits on a plain hash is enough (NIST SP 800-63B-3, 5.1.2.2).
const letters = 24;
// Base32 (RFC 4648): without 0, 1 and 8, which look like o, l and b.
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** Ten new recovery codes in place of all that the user had; only hashes are kept. */
export async function issueRecoveryCodes(tx: Transaction, userId: string): Promise<string[]> {
  const codes = Array.from({ length: count }, createCode);
  await tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, userId));
  await tx.insert(recoveryCodes).values(codes.map((code) => ({ userId, codeHash: hashCode(code) })));
  return codes;
}

/** True for a code of the user that was not used before; it is now. */
export async function useRecoveryCode(
  tx: Transaction,
  { userId, code, now }: { userId: string; code: string; now: Date },
): Promise<boolean> {
  const used = await tx
    .update(recoveryCodes)
    .set({ usedAt: now.toISOString() })
    .where(
      and(
        eq(recoveryCodes.userId, userId),
        eq(recoveryCodes.codeHash, hashCode(code)),
        isNull(recoveryCodes.usedAt),
      ),
    )
    .returning({ userId: recoveryCodes.userId });
  return used.length === 1;
}

function createCode(): string {
  const text = Array.from(randomBytes(letters), (byte) => alphabet[byte % alphabet.length]).join('');
  return text.replace(/(.{4})(?=.)/g, '$1-');
}

// People type it in capitals, with spaces or without the dashes.
function hashCode(code: string): string {
  return hashToken(code.toLowerCase().replace(/[\s-]/g, ''));
}
