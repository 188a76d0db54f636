import { type FileHandle, open } from 'node:fs/promises';

const maxSizeBytes = 10 * 1024 * 1024;

export type PostgresLog = {
  path: string;
  fd: number;
  /** The first line since the log was opened that says why PostgreSQL gave up. */
  firstFailure(): Promise<string>;
  close(): Promise<void>;
};

/** Goes on with the log at the path, or begins a new one when it has grown beyond 10 MB. */
export async function openPostgresLog(path: string): Promise<PostgresLog> {
  const file = await open(path, 'a+');
  if ((await file.stat()).size > maxSizeBytes) await file.truncate();
  const start = (await file.stat()).size;
  return {
    path,
    fd: file.fd,
    async firstFailure() {
      const text = await readFrom(file, start);
      return /(?:(?:PANIC|FATAL|ERROR|error)|^postgres): +(.*)/m.exec(text)?.[1] ?? `see ${path}`;
    },
    close: () => file.close(),
  };
}

async function readFrom(file: FileHandle, start: number): Promise<string> {
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  return buffer.toString('utf8', 0, bytesRead);
}
