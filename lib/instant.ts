import * as z from 'zod';

/** A time that a client names. PostgreSQL has no year 0, knows offsets below 16 hours, and reads at most 128 characters. */
export const Instant = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine((text) => text >= '0001' && !/[+-](1[6-9]|2\d):\d\d$/.test(text), 'must be an instant of this era');
