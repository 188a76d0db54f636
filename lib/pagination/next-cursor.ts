import * as z from 'zod';

/** How every page names the next one. */
export const NextCursor = z
  .string()
  .optional()
  .meta({ description: 'Absent on the last page.', example: 'N2QxZjBjOGVbIjIwMjYtMTEtMDIiXQ' });
