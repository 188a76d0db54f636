import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { sendRequest } from '#lib/outbound/send-request.ts';

/** What CloudFormation sends to the function behind a custom resource. */
export const ResourceEvent = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.string().optional(),
});
export type ResourceEvent = z.infer<typeof ResourceEvent>;

// CloudFormation takes 4,096 bytes in all; the ids need some of them.
const longestReasonBytes = 2_000;
const leastAttempts = 3;
const attemptMs = 3_000;
const pauseMs = 500;

/** Longest that `answerCloudFormation` takes. */
export const answerMs = leastAttempts * attemptMs + 2_000;

/**
 * Tells CloudFormation how it went: without a `failure`, well. Nobody invokes the function again, and until it is told, CloudFormation
 * waits for the whole ServiceTimeout: tries on until `untilMs` on the clock of `performance.now()`, three times at least, and then throws.
 */
export async function answerCloudFormation(
  event: ResourceEvent,
  physicalId: string,
  failure: string | undefined,
  untilMs: number,
): Promise<void> {
  const { ResponseURL, StackId, RequestId, LogicalResourceId } = event;
  const body = JSON.stringify({
    Status: failure === undefined ? 'SUCCESS' : 'FAILED',
    ...(failure !== undefined && { Reason: shorten(failure) }),
    PhysicalResourceId: event.PhysicalResourceId ?? physicalId,
    StackId,
    RequestId,
    LogicalResourceId,
  });
  for (let attempt = 1; ; attempt++) {
    const problem = await put(new URL(ResponseURL), body);
    if (problem === undefined) return;
    if (attempt >= leastAttempts && performance.now() + pauseMs + attemptMs > untilMs)
      throw new Error('CloudFormation did not take the answer', { cause: problem });
    await sleep(pauseMs);
  }
}

/** What went wrong; undefined when nothing did. */
async function put(url: URL, body: string): Promise<unknown> {
  try {
    const { status } = await sendRequest(
      // Any network: an endpoint of S3 in a VPC has a private address.
      { network: 'any', largestBodyBytes: 64 * 1024 },
      url,
      // The signature of the URL is over an empty type.
      { method: 'PUT', headers: { 'content-type': '' }, body },
      AbortSignal.timeout(attemptMs),
    );
    return status < 300 ? undefined : new Error(`HTTP ${status}`);
  } catch (error) {
    // Whatever kept it from arriving, it is tried again.
    return error;
  }
}

function shorten(reason: string): string {
  return Buffer.from(reason).subarray(0, longestReasonBytes).toString();
}
