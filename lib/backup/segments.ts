import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { BackupError } from './backup-error.ts';

/**
 * A table is stored in segments, each sealed by itself (AES-256-GCM) under a key of this table only. The nonce is the segment's number
 * and whether it is the last one, so that segments cannot be swapped, left out or cut off: the STREAM construction of Hoang, Reyhanitabar,
 * Rogaway and Vizár (2015).
 */
export interface Place {
  /** From 0. */
  readonly number: number;
  readonly isLast: boolean;
}

/** At least so large, but for the last one: each is a request to S3, and is held in memory a few times over. */
export const segmentBytes = 8 * 1024 * 1024;

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function sha256Of(sealed: Buffer): string {
  return createHash('sha256').update(sealed).digest('hex');
}

export function sealSegment(key: Buffer, place: Place, plain: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, nonceOf(place), { authTagLength: tagBytes });
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Throws BackupError unless this is what was sealed with that key at that place. */
export function openSegment(key: Buffer, place: Place, sealed: Buffer): Buffer {
  const refuse = (cause?: unknown): never => {
    throw new BackupError('a segment was changed, or belongs elsewhere', { cause });
  };
  if (sealed.length < tagBytes) refuse();
  const decipher = createDecipheriv(algorithm, key, nonceOf(place), { authTagLength: tagBytes });
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(0, -tagBytes));
  try {
    decipher.final();
  } catch (error) {
    refuse(error);
  }
  return plain;
}

function nonceOf({ number, isLast }: Place): Buffer {
  const nonce = Buffer.alloc(nonceBytes);
  nonce.writeUInt32BE(number, nonceBytes - 5);
  nonce.writeUInt8(Number(isLast), nonceBytes - 1);
  return nonce;
}
