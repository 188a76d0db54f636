const retentionDays = 30;

/** What was deleted before this instant can no longer be restored, and is purged. */
export function retentionStart(now: Date): Date {
  return new Date(now.getTime() - retentionDays * 86_400_000);
}
