import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';

// Powertools reads the level when the logger is made.
process.env.POWERTOOLS_LOG_LEVEL = 'INFO';

test('a log entry is one flat JSON line, an error in it has its name, message and cause', async () => {
  const { logger } = await import('#lib/observability/logger.ts');
  vi.restoreAllMocks();
  const lines: string[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(String(chunk));
      done();
    },
  });
  logger.setLogLevel('INFO');
  Reflect.set(logger, 'console', new Console({ stdout: stream, stderr: stream }));
  logger.info('request', { status: 201, path: '/a\nb' });
  logger.error('failed', { error: new Error('outer', { cause: new TypeError('inner') }) });
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    level: 'INFO',
    message: 'request',
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    service: 'plinth',
    status: 201,
    path: '/a\nb',
  });
  expect(lines[0]?.trimEnd()).not.toContain('\n');
  expect(JSON.parse(lines[1] ?? '').error).toMatchObject({
    name: 'Error',
    message: 'outer',
    cause: { name: 'TypeError' },
  });
});
