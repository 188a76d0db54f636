import * as z from 'zod';
import { assertTimezone } from '#lib/jobs/schedule-zone.ts';
import { NextCursor } from '#lib/pagination/next-cursor.ts';
import { PageQuery } from '#lib/pagination/page-query.ts';
import { notificationEvents, severities } from './events.ts';

const Events = z
  .array(z.enum(notificationEvents))
  .min(1)
  .max(notificationEvents.length)
  .transform((events) => [...new Set(events)])
  .meta({ description: 'A rule of an organization hears `health.changed` only.' });

const Scope = z.enum(['organization', 'platform']);
export type NotificationScope = z.output<typeof Scope>;

const Channel = z.enum(['webhook', 'email', 'sns']);
const State = z.enum(['pending', 'delivered', 'failed']);

const TimeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be hh:mm');

const Timezone = z
  .string()
  .max(60)
  .refine(isTimezone, 'must be an IANA time zone such as Europe/Berlin')
  .meta({ example: 'Europe/Berlin' });

export const QuietHours = z
  .strictObject({ from: TimeOfDay, to: TimeOfDay, timezone: Timezone })
  .refine(({ from, to }) => from !== to, 'must not begin and end at the same time')
  .meta({
    id: 'QuietHours',
    description:
      'Every day from one time to the other, which may be on the next day. Only what is critical is told then.',
  });
export type QuietHours = z.output<typeof QuietHours>;

const Name = z.string().trim().min(1).max(100).meta({ example: 'On call' });
const Target = z.string().min(1).max(2_000).meta({
  description:
    'A URL (https), an email address, or the ARN of an SNS topic of the same account. Mails of an organization go to its members.',
  example: 'https://hooks.example.com/plinth',
});
const DedupeMinutes = z
  .int()
  .min(0)
  .max(1440)
  .meta({ description: 'What happens again within this time is counted and not told again.' });

export const CreateNotificationRuleInput = z
  .strictObject({
    name: Name,
    scope: Scope.default('organization').meta({
      description:
        '`platform`: what happens inside, for operators; an API key needs the scope `ops:read` as well.',
    }),
    events: Events,
    channel: Channel.meta({ description: '`sns` for the scope `platform` only.' }),
    target: Target,
    quietHours: QuietHours.nullable().default(null),
    dedupeMinutes: DedupeMinutes.default(15),
  })
  .meta({ id: 'CreateNotificationRuleInput' });
export type CreateNotificationRuleInput = z.output<typeof CreateNotificationRuleInput>;

export const UpdateNotificationRuleInput = z
  .strictObject({
    name: Name,
    events: Events,
    target: Target,
    quietHours: QuietHours.nullable(),
    dedupeMinutes: DedupeMinutes,
    isEnabled: z.boolean(),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'must change something')
  .meta({ id: 'UpdateNotificationRuleInput' });
export type UpdateNotificationRuleInput = z.output<typeof UpdateNotificationRuleInput>;

export const NotificationRule = z
  .object({
    id: z.uuid(),
    scope: Scope,
    name: z.string().meta({ example: 'On call' }),
    events: z.array(z.string().meta({ example: 'health.changed' })),
    channel: Channel,
    target: z.string().meta({ example: 'https://hooks.example.com/plinth' }),
    quietHours: z
      .object({ from: z.string(), to: z.string(), timezone: z.string() })
      .nullable()
      .meta({ example: { from: '22:00', to: '07:00', timezone: 'Europe/Berlin' } }),
    dedupeMinutes: z.int(),
    isEnabled: z.boolean().meta({ description: 'A webhook that answers 410 disables its rule.' }),
    previousExpiresAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'Until when the secret before the last rotation signs as well.', example: null }),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'NotificationRule' });
export type NotificationRule = z.input<typeof NotificationRule>;

export const NewNotificationRule = NotificationRule.extend({
  secret: z.string().nullable().meta({
    description: 'What verifies the signatures of a webhook (Standard Webhooks). Shown this once.',
    example: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  }),
}).meta({ id: 'NewNotificationRule' });
export type NewNotificationRule = z.input<typeof NewNotificationRule>;

export const Notification = z
  .object({
    id: z.uuid().meta({ description: 'The `webhook-id`.' }),
    ruleId: z.uuid(),
    event: z.string().meta({ example: 'job.dead' }),
    subject: z.string().meta({ example: 'purgeDeletedProjects' }),
    severity: z.enum(severities),
    summary: z.string().meta({ example: 'The job purgeDeletedProjects was given up' }),
    details: z.record(z.string(), z.string().nullable()).meta({ example: { class: 'PostgresError 57014' } }),
    count: z.int().meta({ description: 'How often it happened within the window of the rule.' }),
    lastOccurredAt: z.iso.datetime(),
    state: State,
    attempts: z.int().meta({ description: 'Since it was last sent anew, with one that is under way.' }),
    nextAttemptAt: z.iso.datetime().nullable(),
    log: z
      .array(
        z.object({
          at: z.iso.datetime(),
          durationMs: z.int(),
          responseStatus: z.int().nullable(),
          error: z.string().nullable().meta({ example: null }),
        }),
      )
      .meta({ description: 'The last 20 attempts, oldest first.' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Notification' });
export type Notification = z.input<typeof Notification>;

export const NotificationParams = z.object({ id: z.uuid() });

export const NotificationRulePage = page(NotificationRule, 'NotificationRulePage');
export type NotificationRulePage = z.input<typeof NotificationRulePage>;

export const ListNotificationsQuery = PageQuery.extend({
  state: State.optional(),
  ruleId: z.uuid().optional(),
});
export type ListNotificationsQuery = z.output<typeof ListNotificationsQuery>;

export const NotificationPage = page(Notification, 'NotificationPage');
export type NotificationPage = z.input<typeof NotificationPage>;

function page<T extends z.ZodType>(item: T, id: string) {
  return z
    .object({
      items: z.array(item),
      nextCursor: NextCursor,
    })
    .meta({ id });
}

function isTimezone(name: string): boolean {
  try {
    assertTimezone(name);
    return true;
  } catch (error) {
    // The only thing it throws.
    if (error instanceof Error) return false;
    throw error;
  }
}
