import type { SessionTokens } from './generated/api.ts';
import { PlinthProblem } from './problem.ts';

interface SessionOptions {
  /** A refresh token of a session that began elsewhere. */
  readonly refreshToken: string | undefined;
  readonly refresh: (refreshToken: string) => Promise<SessionTokens>;
  /** Begins a session without the caller, where the credentials are known. */
  readonly logIn: (() => Promise<SessionTokens>) | undefined;
  readonly onTokens: ((tokens: SessionTokens | undefined) => void) | undefined;
}

/** A valid access token, other than one that was refused; undefined when nobody has logged in. */
export type TokenSource = (refused?: string) => Promise<string | undefined>;

export interface Session {
  readonly accessToken: TokenSource;
  /**
   * Carries out what answers with the next tokens. Meanwhile nobody refreshes: the tokens so far may be void already. After a choice of
   * the caller, who acts and in which organization, this no longer logs in by itself: that could lead to another one.
   */
  exchange(ask: (source: TokenSource) => Promise<SessionTokens>, isChoice: boolean): Promise<SessionTokens>;
  /** How many choices there were: while it stays, tokens are of one person in one organization. */
  choices(): number;
  end(): Promise<void>;
}

// From then on the next token is fetched beside requests that still go out with this one.
const freshShare = 0.9;

/**
 * Keeps the tokens of a session. A refresh token works once and its reuse ends the session, so whatever exchanges one takes turns, and
 * all who wait for a token wait for the same one.
 */
export function createSession({ refreshToken, refresh, logIn, onTokens }: SessionOptions): Session {
  let current:
    | { readonly tokens: SessionTokens; readonly freshUntil: number; readonly until: number }
    | undefined;
  let nextRefreshToken = refreshToken;
  let logInAgain = logIn;
  let choices = 0;
  let turn: Promise<unknown> = Promise.resolve();
  let renewal: Promise<string | undefined> | undefined;

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    // The next turn begins however this one ends; its caller hears of it.
    turn = result.catch(() => undefined);
    return result;
  }

  async function keep(ask: () => Promise<SessionTokens>, isChoice = false): Promise<SessionTokens> {
    const askedAt = Date.now();
    const tokens = await ask();
    if (isChoice) {
      choices += 1;
      logInAgain = undefined;
    }
    const lifetimeMs = tokens.expiresIn * 1000;
    current = { tokens, freshUntil: askedAt + lifetimeMs * freshShare, until: askedAt + lifetimeMs };
    nextRefreshToken = tokens.refreshToken;
    onTokens?.(tokens);
    return tokens;
  }

  function forget(): void {
    const hadTokens = nextRefreshToken !== undefined;
    current = undefined;
    nextRefreshToken = undefined;
    if (hadTokens) onTokens?.(undefined);
  }

  function usable(refused: string | undefined): string | undefined {
    if (!current || current.tokens.accessToken === refused || Date.now() >= current.until) return undefined;
    return current.tokens.accessToken;
  }

  function renew(refused: string | undefined): Promise<string | undefined> {
    renewal ??= inTurn(() => fetchToken(refused)).finally(() => {
      renewal = undefined;
    });
    return renewal;
  }

  async function fetchToken(refused?: string): Promise<string | undefined> {
    // Whoever had the turn before may have brought one.
    const token = usable(refused) ?? (await refreshed());
    if (token !== undefined || !logInAgain) return token;
    try {
      return (await keep(logInAgain)).accessToken;
    } catch (error) {
      // These credentials will be refused to the next call as well, and each attempt counts as a guess.
      if (isRefusal(error)) logInAgain = () => Promise.reject(error);
      throw error;
    }
  }

  /** The next access token by the refresh token; undefined when there is none, or it is void and a log-in can make up for it. */
  async function refreshed(): Promise<string | undefined> {
    const last = nextRefreshToken;
    if (last === undefined) return undefined;
    try {
      return (await keep(() => refresh(last))).accessToken;
    } catch (error) {
      if (!(error instanceof PlinthProblem && error.code === 'invalid_refresh_token')) throw error;
      forget();
      if (logInAgain) return undefined;
      throw error;
    }
  }

  return {
    accessToken(refused) {
      const token = usable(refused);
      if (token === undefined) return renew(refused);
      // Fails for nobody: this token is valid still, and whoever needs the next one asks again.
      if (current && Date.now() >= current.freshUntil) renew(token).catch(() => undefined);
      return Promise.resolve(token);
    },
    exchange: (ask, isChoice) => inTurn(() => keep(() => ask(fetchToken), isChoice)),
    choices: () => choices,
    end: () => inTurn(async () => forget()),
  };
}

/** Of the API, not of a proxy before it. */
function isRefusal(error: unknown): boolean {
  return error instanceof PlinthProblem && error.status === 401 && error.code !== 'unknown';
}
