/** Which days of a month a cron expression means. Weekdays count from 0, Sunday. */
export type DayRule =
  | { readonly kind: 'days'; readonly days: readonly number[] }
  | { readonly kind: 'lastDay' }
  | { readonly kind: 'lastWorkday' }
  | { readonly kind: 'nearestWorkday'; readonly day: number }
  | { readonly kind: 'weekdays'; readonly weekdays: readonly number[] }
  | { readonly kind: 'lastWeekday'; readonly weekday: number }
  | { readonly kind: 'nthWeekday'; readonly weekday: number; readonly nth: number };

const saturday = 6;
const sunday = 0;

/** The days of one month, ascending; `month` counts from 1. A day that the month does not have is left out. */
export function daysOfMonth(rule: DayRule, year: number, month: number): number[] {
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const weekdayOfFirst = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const weekdayOf = (day: number) => (weekdayOfFirst + day - 1) % 7;
  // Never leaves the month: from its first Saturday to Monday the 3rd, from its last Sunday back to Friday.
  const workdayNear = (day: number) => {
    if (weekdayOf(day) === saturday) return day === 1 ? day + 2 : day - 1;
    if (weekdayOf(day) === sunday) return day === last ? day - 2 : day + 1;
    return day;
  };
  switch (rule.kind) {
    case 'days':
      return rule.days.filter((day) => day <= last);
    case 'lastDay':
      return [last];
    case 'lastWorkday':
      return [workdayNear(last)];
    case 'nearestWorkday':
      return rule.day <= last ? [workdayNear(rule.day)] : [];
    case 'weekdays':
      return Array.from({ length: last }, (_, index) => index + 1).filter((day) =>
        rule.weekdays.includes(weekdayOf(day)),
      );
    case 'lastWeekday':
      return [last - ((weekdayOf(last) - rule.weekday + 7) % 7)];
    case 'nthWeekday': {
      const day = 1 + ((rule.weekday - weekdayOfFirst + 7) % 7) + (rule.nth - 1) * 7;
      return day <= last ? [day] : [];
    }
  }
}
