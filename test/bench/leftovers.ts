import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What must not outlive a benchmark: a process, or a folder and the PostgreSQL in it. */
export type Leftover = { readonly pid: number } | { readonly folder: string };

let remover: Socket | undefined;

/**
 * Has a process or a folder end with this process, however that ends: a process of its own waits for that, as nobody can act on SIGKILL.
 * Returns what to call once it is gone.
 */
export function removeAtEnd(leftover: Leftover): () => void {
  remover ??= startRemover();
  const tell = (isGone: boolean) => remover?.write(`${JSON.stringify({ isGone, leftover })}\n`);
  tell(false);
  return () => void tell(true);
}

const folders = new Map<string, () => void>();

/** A folder that everyone can enter: PostgreSQL runs as another user when this process is root. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-bench-'));
  chmodSync(folder, 0o755);
  folders.set(folder, removeAtEnd({ folder }));
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.get(folder)?.();
}

function startRemover(): Socket {
  // In a group of its own, where Ctrl-C in the terminal does not reach it.
  const child = spawn(process.execPath, [join(import.meta.dirname, 'remove-leftovers.ts')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const input = child.stdin as Socket;
  input.unref();
  return input;
}
