import { defineJob } from '#lib/jobs/define-job.ts';
import { tellRemainingRules } from '#lib/notifications/tell-remaining-rules.ts';
import { tellRemainingRulesJob } from '#lib/notifications/tell-remaining-rules-job.ts';

export const handler = defineJob(
  {
    ...tellRemainingRulesJob,
    summary: 'Tell the notification rules that were too many for one transaction of raiseNotifications',
    // Some 40,000 rules; then it goes on in another invocation, so that other runs of the dispatcher have their turn.
    timeoutSeconds: 120,
  },
  ({ ctx, payload, checkpoint }) => tellRemainingRules(ctx, payload, checkpoint),
);
