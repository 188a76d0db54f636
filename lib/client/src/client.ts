import type { CallOptions, Calls } from './calls.ts';
import type { SessionTokens } from './generated/api.ts';
import { operations } from './generated/operations.ts';
import type { Operation } from './operation.ts';
import { iterate, type Page, parseLines, toPages } from './pages.ts';
import { type Answer, PlinthProblem } from './problem.ts';
import { type PreparedRequest, send } from './send.ts';
import { createSession, type TokenSource } from './session.ts';
import { type Input, toRequest } from './to-request.ts';
import { orAbort } from './wait.ts';

interface ApiKey {
  readonly apiKey: string;
  readonly email?: never;
  readonly password?: never;
  readonly refreshToken?: never;
}

/** Logs in with the first call, and again when the session has ended; not again once that was refused. */
interface Password {
  readonly email: string;
  readonly password: string;
  readonly refreshToken?: string | undefined;
  readonly apiKey?: never;
}

/** Goes on with a session, or waits for a `login`. */
interface OpenSession {
  readonly refreshToken?: string | undefined;
  readonly apiKey?: never;
  readonly email?: never;
  readonly password?: never;
}

export type ClientOptions = (ApiKey | Password | OpenSession) & {
  readonly baseUrl: string;
  /** For each attempt; 35 seconds unless told otherwise, as the API answers within 30. */
  readonly timeoutMs?: number | undefined;
  /** How often a call is sent again at most; 3 times unless told otherwise. */
  readonly retries?: number | undefined;
  /** Hears of the tokens of each log-in and refresh, and of their end: who stores the refresh token can go on with it later. */
  readonly onTokens?: ((tokens: SessionTokens | undefined) => void) | undefined;
  readonly fetch?: typeof fetch | undefined;
};

type Call = CallOptions & {
  readonly idempotencyKey?: string | undefined;
  readonly repeatWithinMs?: number | undefined;
};

// A refresh token that was exchanged works for ten seconds more, and then its use ends the session: the repetition of a refresh whose
// answer was lost has to arrive within them.
const refreshTimeoutMs = 4_000;
const repeatRefreshWithinMs = 8_000;

/**
 * A client of the API at that address; nothing is sent before the first call. A call throws `PlinthProblem` when the API refuses it, what
 * `fetch` throws when there is no answer, and the reason of its signal.
 */
export function createClient(options: ClientOptions): Calls {
  const { apiKey, email, password } = options;
  const baseUrl = new URL(options.baseUrl).href.replace(/\/+$/, '');
  const session = createSession({
    refreshToken: options.refreshToken,
    refresh: (refreshToken) => askForTokens(operations.refreshSession, { refreshToken }),
    logIn: email === undefined ? undefined : () => askForTokens(operations.login, { email, password }),
    onTokens: options.onTokens,
  });

  function sendWith(
    credentials: Record<string, string>,
    request: PreparedRequest,
    call: Call,
  ): Promise<Answer> {
    return send(
      { ...request, headers: { ...request.headers, ...credentials } },
      {
        fetch: options.fetch ?? fetch,
        timeoutMs: call.timeoutMs ?? options.timeoutMs ?? 35_000,
        retries: call.retries ?? options.retries ?? 3,
        signal: call.signal,
        repeatWithinMs: call.repeatWithinMs,
      },
    );
  }

  /** Belongs to no caller, so that nobody aborts it for the others. */
  async function askForTokens(operation: Operation, body: object): Promise<SessionTokens> {
    const request = toRequest(baseUrl, operation, { body }, undefined);
    const { timeoutMs = refreshTimeoutMs } = options;
    const limits = {
      timeoutMs: Math.min(timeoutMs, refreshTimeoutMs),
      repeatWithinMs: repeatRefreshWithinMs,
    };
    // Within seconds a refresh token may come twice; and of two log-ins one is just not used.
    const call = operation === operations.refreshSession ? limits : {};
    return parse(operation, await sendWith({}, { ...request, isRepeatable: true }, call)) as SessionTokens;
  }

  /** Sends it with a token; once more with the next one, when that is refused: a write only as the same person in the same organization. */
  async function sendAs(source: TokenSource, request: PreparedRequest, call: Call): Promise<Answer> {
    const choices = session.choices();
    const token = await orAbort(source(), call.signal);
    try {
      return await sendWith(bearer(token), request, call);
    } catch (error) {
      const isRefused = error instanceof PlinthProblem && error.code === 'unauthenticated';
      if (!isRefused || token === undefined) throw error;
      const next = await orAbort(source(token), call.signal);
      if (request.method !== 'GET' && session.choices() !== choices) throw error;
      return sendWith(bearer(next), request, call);
    }
  }

  function perform(operation: Operation, input: Input, call: Call, source = session.accessToken) {
    const request = toRequest(baseUrl, operation, input, call.idempotencyKey);
    if (operation.isPublic) return sendWith({}, request, call);
    if (apiKey !== undefined) return sendWith({ 'x-api-key': apiKey }, request, call);
    return sendAs(source, request, call);
  }

  function exchange(operation: Operation, input: Input, call: Call): Promise<SessionTokens> {
    return session.exchange(
      async (source) => parse(operation, await perform(operation, input, call, source)) as SessionTokens,
      operation !== operations.stepUpSession,
    );
  }

  async function answer(operation: Operation, input: Input, call: Call): Promise<unknown> {
    const result = parse(operation, await perform(operation, input, call));
    if (operation === operations.logout) await session.end();
    return result;
  }

  function start(operation: Operation, input: Input = {}, call: Call = {}): unknown {
    const fetchPage = async (cursor?: string) => {
      const page = await perform(operation, cursor === undefined ? input : { ...input, cursor }, call);
      return operation.pages === 'lines' ? parseLines(page) : (parse(operation, page) as Page);
    };
    if (operation.pages === 'lines') return { [Symbol.asyncIterator]: () => iterate(fetchPage) };
    if (operation.pages === 'cursor') return toPages(fetchPage);
    return operation.givesTokens ? exchange(operation, input, call) : answer(operation, input, call);
  }

  const calls = Object.entries(operations).map(([id, operation]) => [id, start.bind(undefined, operation)]);
  // The types and the table are made of one document.
  return Object.fromEntries(calls) as Calls;
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Throws `PlinthProblem` for what the API does not answer: a proxy shows its page with a 200, and tokens would be lost for it. */
function parse({ givesText }: Operation, answer: Answer): unknown {
  const { headers, text } = answer;
  if (text === '') return undefined;
  if (givesText) return text;
  if (!/[/+]json\b/.test(headers.get('content-type') ?? '')) throw new PlinthProblem(answer);
  return JSON.parse(text);
}
