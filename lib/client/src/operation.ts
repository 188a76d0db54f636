/** What has to be known of an operation to call it. */
export interface Operation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` where a parameter goes. */
  readonly path: string;
  /** Needs no credentials. */
  readonly isPublic?: true;
  /** Takes an `Idempotency-Key`. */
  readonly takesKey?: true;
  /** A list: its next page is behind a cursor of the body, or behind the `Link` of a page of lines. */
  readonly pages?: 'cursor' | 'lines';
  /** Answers with text, else with JSON. */
  readonly givesText?: true;
  /** Its body is NDJSON. */
  readonly sendsLines?: true;
  /** Answers with the tokens of a session. */
  readonly givesTokens?: true;
}
