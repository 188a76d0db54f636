import { countDeprecatedCall } from '#lib/monitoring/count-deprecated-call.ts';
import type { DeprecatedCaller } from '#lib/monitoring/record-deprecated-calls.ts';
import type { HttpRequest } from './http-request.ts';
import type { Exchange, Middleware } from './middleware.ts';

/** A day, at whose beginning in UTC something happens: `2027-06-01`. */
export type Day = `${number}-${number}-${number}`;

export interface DeprecationNotice {
  readonly since: Day;
  /** The route may be gone from then on; it answers until its code is removed (ADR 38). */
  readonly sunset?: Day;
  /** The path of what to call instead, with no parameter that this route does not have. */
  readonly successor?: `/${string}`;
  /** A page that says how to move. */
  readonly guide?: `/${string}` | `https://${string}`;
}

export interface Deprecation extends DeprecationNotice {
  readonly announce: (operation: string) => Middleware;
}

/**
 * For the `deprecated` of a spec. The middleware comes with it, so that only bundles of deprecated routes have it: each answer says
 * that the route is (RFC 9745), until when (RFC 8594) and what to call instead, and the caller is counted.
 */
export function deprecate(notice: DeprecationNotice): Deprecation {
  const { since, sunset } = notice;
  const dates = {
    deprecation: `@${Date.parse(since) / 1000}`,
    ...(sunset && { sunset: new Date(sunset).toUTCString() }),
  };
  const announce = (operation: string): Middleware => {
    const tell = ({ event: request, response }: Exchange) => {
      if (response) {
        const link = [response.headers?.link, ...linksOf(notice, request)].filter(Boolean).join(', ');
        response.headers = { ...response.headers, ...dates, ...(link && { link }) };
      }
      const { now, errorCode } = request;
      const isDatabaseWell = errorCode !== 'unavailable' && errorCode !== 'deadline_exceeded';
      return countDeprecatedCall(callerOf(operation, request), now, isDatabaseWell);
    };
    return { after: tell, onError: tell };
  };
  return { ...notice, announce };
}

function linksOf({ successor, guide }: DeprecationNotice, { pathParameters }: HttpRequest): string[] {
  const links: string[] = [];
  if (successor) {
    const path = successor.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(pathParameters[name] ?? ''));
    links.push(`<${path}>; rel="successor-version"`);
  }
  if (guide) links.push(`<${guide}>; rel="deprecation"; type="text/html"`);
  return links;
}

function callerOf(operation: string, { actor }: HttpRequest): DeprecatedCaller {
  return {
    operation,
    userId: actor?.userId ?? null,
    apiKeyId: actor?.type === 'api_key' ? actor.keyId : null,
    organizationId: actor?.organizationId ?? null,
  };
}
