import * as z from 'zod';

// Within what `format: email` of JSON Schema accepts, which the pattern of zod is not: it lets a label end in a hyphen. Without flags, as
// it is published.
const address = /^[\w'+-]+(?:\.[\w'+-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}$/;

/** An address as it is written; at most as long as SMTP carries (RFC 5321, 4.5.3.1.3). */
export const WrittenEmail = z.email({ pattern: address }).max(254);

/** An address, in lower case. */
export const Email = WrittenEmail.toLowerCase().meta({ example: 'ada@example.com' });
