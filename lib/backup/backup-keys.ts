import { createHash, hkdfSync } from 'node:crypto';
import { BackupError } from './backup-error.ts';

/** The keys of backups, all derived from BACKUP_KEY (HKDF, RFC 5869). */
export interface BackupKey {
  /** Names the key without telling it, for whoever looks for the right one. */
  readonly id: string;
  /** Authenticates the manifest of one backup. */
  forManifest(backupId: string): Buffer;
  /** Encrypts one table of one backup, and nothing else: its nonces may count from zero. */
  forTable(backupId: string, salt: Buffer, table: string): Buffer;
}

const keyBytes = 32;

/** Throws BackupError when the text is not 256 bits in base64url. */
export function createBackupKey(text: string): BackupKey {
  const secret = Buffer.from(text, 'base64url');
  if (!/^[\w-]{43}$/.test(text) || secret.length !== keyBytes)
    throw new BackupError('BACKUP_KEY has to be 256 random bits in base64url (43 characters)');
  const derive = (salt: Buffer | '', purpose: string) =>
    Buffer.from(hkdfSync('sha256', secret, salt, `plinth backup 1 ${purpose}`, keyBytes));
  return {
    id: createHash('sha256').update(derive('', 'id')).digest('hex').slice(0, 8),
    forManifest: (backupId) => derive('', `manifest ${backupId}`),
    forTable: (backupId, salt, table) => derive(salt, `table ${backupId} ${table}`),
  };
}
