import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Answer } from './judge-answer.ts';

const shownCharacters = 4_000;

/** What was wrong, the request as one can send it, and the answer. */
export function describeFailure(
  problems: readonly string[],
  actor: string,
  event: APIGatewayProxyEventV2,
  answer: Answer,
): string {
  const { accountId: _, ...context } = event.requestContext;
  return [
    ...problems,
    '',
    `sent by: ${actor}`,
    toCurl(event),
    `event: ${shorten(JSON.stringify({ ...event, requestContext: context }))}`,
    `answer: ${answer.status} ${JSON.stringify(answer.headers)}`,
    shorten(answer.text),
  ].join('\n');
}

function toCurl({
  requestContext,
  rawPath,
  rawQueryString,
  headers,
  cookies,
  body,
  isBase64Encoded,
}: APIGatewayProxyEventV2) {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const query = rawQueryString && `?${rawQueryString}`;
  const all = { ...headers, ...(cookies && { cookie: cookies.join('; ') }) };
  const fields = Object.entries(all).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`);
  const sent =
    body === undefined ? '' : ` --data-binary ${isBase64Encoded ? '@- (base64 in the event)' : quote(body)}`;
  return shorten(
    `curl -X ${requestContext.http.method} "$URL"${quote(rawPath + query)} ${fields.join(' ')}${sent}`,
  );
}

function shorten(text: string): string {
  return text.length <= shownCharacters
    ? text
    : `${text.slice(0, shownCharacters)}… (${text.length} characters)`;
}
