import { Logger } from '@aws-lambda-powertools/logger';

/** The one structured logger. Its level comes from POWERTOOLS_LOG_LEVEL, which Powertools reads by itself. */
export const logger = new Logger({ serviceName: 'plinth' });
