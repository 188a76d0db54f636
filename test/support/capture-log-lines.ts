import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { onTestFinished, vi } from 'vitest';
import { logger } from '#lib/observability/logger.ts';

/** What the logger writes from here to the end of the test, line by line, at INFO unless told otherwise. */
export function captureLogLines(level: 'DEBUG' | 'INFO' = 'INFO'): string[] {
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(...String(chunk).split('\n').filter(Boolean));
      done();
    },
  });
  vi.mocked(logger.error).mockRestore?.();
  const before = Reflect.get(logger, 'console');
  logger.setLogLevel(level);
  Reflect.set(logger, 'console', new Console({ stdout: stream, stderr: stream }));
  onTestFinished(() => {
    Reflect.set(logger, 'console', before);
    logger.setLogLevel('SILENT');
  });
  return lines;
}
