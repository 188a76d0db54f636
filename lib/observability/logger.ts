import { type LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogItemExtraInput, LogItemMessage } from '@aws-lambda-powertools/logger/types';
import { getInvocation } from '#lib/invocation.ts';
import { copyInto } from './to-loggable.ts';

// Powertools' own numbers for its levels.
const levelNames: Readonly<Record<number, string>> = {
  6: 'TRACE',
  8: 'DEBUG',
  12: 'INFO',
  16: 'WARN',
  20: 'ERROR',
  24: 'CRITICAL',
};
const debugLevel = 8;
// Of what a request says at DEBUG, the last bytes are kept for the case that it fails.
const bufferBytes = 20_480;

/**
 * Powertools' logger (levels, sampling, the debug buffer) with a line of our own: its formatter merges deeply, looks each level up in a
 * table and calls a replacer for every value, which was a third of the whole pipeline. Redaction is here, so that nothing goes around it.
 */
class LineLogger extends Logger {
  protected override createAndPopulateLogItem(
    level: number,
    input: LogItemMessage,
    extraInput: LogItemExtraInput,
  ): LogItem {
    const line: Record<string, unknown> = {
      level: levelNames[level],
      message: '',
      timestamp: new Date().toISOString(),
      service: 'plinth',
    };
    try {
      copyInto(line, gather(input, extraInput));
    } catch {
      // Never thrown on: whoever logs is about to do something more important.
      line.message = 'a line could not be logged';
    }
    return new LogItem({ attributes: line });
  }

  protected override printLog(level: number, item: LogItem): void {
    const text = JSON.stringify(item.getAttributes());
    // biome-ignore lint/complexity/useLiteralKeys: the bracket reaches what Powertools declares private.
    const output = this['console'];
    if (level >= 20) output.error(text);
    else if (level >= 16) output.warn(text);
    else output.info(text);
  }

  // What will be printed anyway is not kept back.
  protected override shouldBufferLog(traceId: string | undefined, level: number): boolean {
    return level <= debugLevel && level < this.level && super.shouldBufferLog(traceId, level);
  }
}

/** All that a line says; whatever is logged during a request says which one it was. */
function gather(input: LogItemMessage, extraInput: LogItemExtraInput): Record<string, unknown> {
  const invocation = getInvocation();
  const line: Record<string, unknown> = {
    message: typeof input === 'string' ? input : input.message,
    requestId: invocation?.requestId,
    traceId: invocation?.trace?.traceId,
  };
  if (typeof input !== 'string') assign(line, input);
  for (const extra of extraInput) {
    if (extra instanceof Error) line.error = extra;
    else if (typeof extra === 'string') line.extra = extra;
    else if (extra) assign(line, extra);
  }
  return line;
}

// Other fields may be told twice; these say what every line is.
const reserved = new Set(['level', 'message', 'timestamp', 'service']);

function assign(line: Record<string, unknown>, fields: object): void {
  for (const key of Object.keys(fields))
    if (!reserved.has(key)) line[key] = fields[key as keyof typeof fields];
}

// Never called, as lines are made above; without one Powertools would bring its own.
const noFormatter = {} as LogFormatter;

/**
 * The one structured logger. Its level comes from POWERTOOLS_LOG_LEVEL, which Powertools reads by itself; what is logged at DEBUG below
 * that level is kept for the invocation, and printed when it logs an error.
 */
export const logger = new LineLogger({
  serviceName: 'plinth',
  logFormatter: noFormatter,
  logBufferOptions: { enabled: true, bufferAtVerbosity: 'DEBUG', maxBytes: bufferBytes },
});
