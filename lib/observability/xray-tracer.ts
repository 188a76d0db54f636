import { Tracer as PowertoolsTracer } from '@aws-lambda-powertools/tracer';
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
        powertools.addErrorAsMetadata(error as Error);
        throw error;
      } finally {
        segment.close();
        powertools.setSegment(parent);
      }
    },
  };
}
