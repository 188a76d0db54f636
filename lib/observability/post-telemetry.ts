/**
 * Sends to a collector: once, within `timeoutMs`, following no redirect. The one use of `fetch` for telemetry: its failures must not
 * open a breaker, be retried or be measured as outbound calls of the request.
 */
export async function postTelemetry(
  url: string,
  headers: Record<string, string>,
  body: string,
  timeoutMs: number,
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
  // Unread, the body would hold the connection.
  await response.body?.cancel();
  return response;
}
