import { LogFormatter, Logger, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/** One flat JSON line. Leaner than the default formatter, which looks up the time zone in the environment per line. */
class LineFormatter extends LogFormatter {
  override formatAttributes(base: UnformattedAttributes, additional: LogAttributes): LogItem {
    const attributes = {
      level: base.logLevel,
      message: base.message,
      timestamp: base.timestamp.toISOString(),
      service: base.serviceName,
      xray_trace_id: base.xRayTraceId,
    };
    return new LogItem({ attributes }).addAttributes(additional);
  }
}

/** The one structured logger. Its level comes from POWERTOOLS_LOG_LEVEL, which Powertools reads by itself. */
export const logger = new Logger({ serviceName: 'plinth', logFormatter: new LineFormatter() });
