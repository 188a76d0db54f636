import * as z from 'zod';
import type { JobReference } from '#lib/jobs/job-spec.ts';
import { notificationEvents, type Occurrence, severities } from './events.ts';

export interface TellRemainingRulesPayload {
  readonly occurrences: readonly Occurrence[];
  /** The last rule that has heard of them. */
  readonly afterRuleId: string;
}

const TellRemainingRulesPayload: z.ZodType<TellRemainingRulesPayload> = z.object({
  occurrences: z.array(
    z.object({
      event: z.enum(notificationEvents),
      subject: z.string(),
      state: z.exactOptional(z.string()),
      severity: z.enum(severities),
      summary: z.string(),
      details: z.record(z.string(), z.string().nullable()),
      at: z.iso.datetime(),
      count: z.exactOptional(z.int()),
      isPublic: z.exactOptional(z.boolean()),
    }),
  ),
  afterRuleId: z.uuid(),
});

/** What goes on where one transaction has stopped: at most one at a time, as `raiseNotifications` takes nothing new before its end. */
export const tellRemainingRulesJob: JobReference<TellRemainingRulesPayload> = {
  id: 'tellRemainingRules',
  payload: TellRemainingRulesPayload,
  overlap: 'queue',
};
