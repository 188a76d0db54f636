import { Tracer as PowertoolsTracer } from '@aws-lambda-powertools/tracer';
import { toError } from '#lib/errors/to-error.ts';
import { toLoggableText } from './to-loggable.ts';
import type { Tracer } from './tracer.ts';

/** Spans as X-Ray subsegments, through Powertools. */
export function createXrayTracer(): Tracer {
  const powertools = new PowertoolsTracer({ serviceName: 'plinth' });
  return {
    async trace(name, work) {
      const parent = powertools.getSegment();
      const segment = parent?.addNewSubsegment(name);
      if (!parent || !segment) return work();
      powertools.setSegment(segment);
      try {
        return await work();
      } catch (error) {
        powertools.addErrorAsMetadata(toTraceable(error));
        throw error;
      } finally {
        segment.close();
        powertools.setSegment(parent);
      }
    },
  };
}

/** A trace says of an error what a log line may: not the parameters of a query, nor secrets. Never throws, or the real one were lost. */
function toTraceable(thrown: unknown): Error {
  try {
    const { name, message, stack = '' } = toError(thrown);
    return Object.assign(new Error(toLoggableText(message)), { name, stack: toLoggableText(stack, 4_000) });
  } catch {
    return new Error('unreadable');
  }
}
